//! AWS Certificate Manager: certificates that load balancers show.
//!
//! *Pretended.* A certificate is issued the moment it is requested: nobody proves that a domain is theirs. One that is
//! imported isn't taken, because the account doesn't read what is in a certificate.

mod kept;

use serde_json::{Value, json};

use crate::account::{Account, Calls, Service, seconds};
use crate::elbv2;
use crate::input::{list, need, set, text, texts};
use crate::shelf::Thing;
use crate::wire::{self, Answer, Fault};
pub(crate) use kept::is_issued;
use kept::{CERTIFICATES, Certificate, invalid};

/// The milliseconds for which a certificate holds: 13 months ("Managed certificate renewal", ACM user guide).
const HOLDS: i64 = 395 * 24 * 60 * 60 * 1000;
/// The keys of certificates that are listed if a request names none (Filters, ListCertificates, ACM API).
const USUAL_KEYS: [&str; 2] = ["RSA_1024", "RSA_2048"];

/// Certificate Manager in the list of services.
pub(crate) static SERVICE: Service = Service { kinds: &[&CERTIFICATES], ..Service::new("acm", Calls::Json(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "RequestCertificate" => request(account, input),
        "DescribeCertificate" => {
            let (arn, certificate) = CERTIFICATES.find(account, &need(input, "CertificateArn")?)?;
            let mut shown = summary(account, arn, certificate);
            shown["SubjectAlternativeNames"] = shown["SubjectAlternativeNameSummaries"].take();
            Ok(json!({ "Certificate": set(shown) }))
        }
        "ListCertificates" => {
            let keys = texts(&input["Includes"], "keyTypes");
            let statuses = texts(input, "CertificateStatuses");
            let is_asked = |_: &str, one: &Thing<Certificate>| {
                let of_key =
                    if keys.is_empty() { USUAL_KEYS.contains(&one.key.as_str()) } else { keys.contains(&one.key) };
                of_key && (statuses.is_empty() || statuses.iter().any(|status| status == "ISSUED"))
            };
            let shown = |arn: &str, one: &Thing<Certificate>| summary(account, arn, one);
            CERTIFICATES.list(account, input, "CertificateSummaryList", is_asked, shown)
        }
        "DeleteCertificate" => {
            let arn = CERTIFICATES.find(account, &need(input, "CertificateArn")?)?.0.to_owned();
            if elbv2::shows_certificate(account, &arn) {
                let message = format!("Certificate {arn} in account {} is in use.", account.id);
                return Err(Fault::client("ResourceInUseException", message));
            }
            CERTIFICATES.delete(account, &arn).map(|_| json!({}))
        }
        "AddTagsToCertificate" => CERTIFICATES.tag(account, input),
        "RemoveTagsFromCertificate" => {
            let keys: Value = list(input, "Tags").iter().filter_map(|tag| text(tag, "Key")).collect();
            CERTIFICATES.untag(account, &json!({ "CertificateArn": input["CertificateArn"], "TagKeys": keys }))
        }
        "ListTagsForCertificate" => CERTIFICATES.tags_of(account, input),
        other => Err(wire::unknown("acm", other)),
    }
}

/// `RequestCertificate`: the same request with the same token is the same certificate.
fn request(account: &mut Account, input: &Value) -> Answer {
    let domain = need(input, "DomainName")?;
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_domain = |name: &str| {
        name.len() <= 253 && name.contains('.') && name.strip_prefix("*.").unwrap_or(name).split('.').all(is_label)
    };
    let mut names = vec![domain.clone()];
    names.extend(texts(input, "SubjectAlternativeNames").into_iter().filter(|name| *name != domain));
    if let Some(name) = names.iter().find(|name| !is_domain(name)) {
        return Err(invalid(format!("Domain name '{name}' is not valid.")));
    }
    let key = text(input, "KeyAlgorithm").unwrap_or_else(|| "RSA_2048".to_owned());
    let token = text(input, "IdempotencyToken");
    let same = account.all::<Thing<Certificate>>().values().find(|one| token.is_some() && one.token == token);
    if let Some(same) = same.filter(|one| one.names == names && one.key == key) {
        return Ok(json!({ "CertificateArn": same.arn }));
    }
    let id: Vec<String> = [8, 4, 4, 4, 12].into_iter().map(|digits| account.unique_hex(digits)).collect();
    let arn = account.arn("acm", &format!("certificate/{}", id.join("-")));
    CERTIFICATES.create(account, &arn, arn.clone(), input, Certificate { domain, names, key, token })?;
    Ok(json!({ "CertificateArn": arn }))
}

fn summary(account: &Account, arn: &str, certificate: &Thing<Certificate>) -> Value {
    json!({
        "CertificateArn": arn,
        "DomainName": certificate.domain,
        "SubjectAlternativeNameSummaries": certificate.names,
        "HasAdditionalSubjectAlternativeNames": false,
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": certificate.key.replacen("RSA_", "RSA-", 1),
        "InUse": elbv2::shows_certificate(account, arn),
        "RenewalEligibility": "INELIGIBLE",
        "CreatedAt": seconds(certificate.created),
        "IssuedAt": seconds(certificate.created),
        "NotBefore": seconds(certificate.created),
        "NotAfter": seconds(certificate.created + HOLDS),
    })
}
