//! Certificates of AWS Certificate Manager: looked up by their domain, never made, never deleted.

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ecs::{list, text, texts};
use crate::cloud::{CERTIFICATE_MANAGER, Cloud, Result};
use crate::model::Tags;
use crate::resource::{
    Field, Found, Grant, Granted, NameRule, Names, Need, Others, Output, Place, Ref, RefOrArn, Resource, SpecRef,
    Wanted,
};

/// The keys that certificates have: a listing that names none leaves most of them out (Filters, ListCertificates, ACM
/// API).
const KEYS: [&str; 7] =
    ["RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

/// A certificate of the account, in the lab's region.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// The domain that the certificate is for, as in `www.example.com`: one for `*.example.com` is for it, too. Of several
    /// the one that holds longest is taken.
    pub domain_name: String,
}

/// The certificate that was found, or why none was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateLive {
    /// The certificate's ARN; none if there is no certificate, or more than one.
    pub arn: Option<String>,
    /// The reason why there is none, for people.
    pub problem: Option<String>,
}

/// All certificates that load balancers can show, as AWS lists them.
struct Listed(Vec<Value>);

impl Resource for Certificate {
    const KIND: &'static str = "certificate";
    const SECTION: &'static str = "certificates";
    const NAME: NameRule = NameRule::new("domainName", 1..=253, "a domain", |_| true);
    const FIELDS: &'static [Field] = &[];
    type Live = CertificateLive;

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn outputs(_place: &Place, _name: &str, live: Option<&CertificateLive>) -> Vec<Output> {
        vec![Output::live("arn", live.and_then(|live| live.arn.as_deref()))]
    }

    fn ids(live: &CertificateLive) -> Vec<String> {
        live.arn.iter().cloned().collect()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<CertificateLive>>> {
        let found = wanted.iter().map(|one| async {
            let listed = cloud.once("the certificates", issued(cloud)).await?;
            let mut live = chosen(&one.spec.domain_name, &listed.0, &cloud.region);
            if let (Some(problem), Some(words)) = (&mut live.problem, cloud.prepares()) {
                problem.push_str(&format!("; {words}"));
            }
            Ok(Found::present(one.address, one.name, live, Tags::new()))
        });
        try_join_all(found).await
    }
}

impl Granted for Certificate {
    fn listing(_place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    fn grants(&self, _name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        vec![Grant::in_region(Need::Compare, &["acm:ListCertificates"], place)]
    }
}

async fn issued(cloud: &Cloud) -> Result<Listed> {
    let asked = json!({"CertificateStatuses": ["ISSUED"], "Includes": {"keyTypes": KEYS}, "MaxItems": 1000});
    let pages = cloud.pages(&CERTIFICATE_MANAGER, "ListCertificates", asked).await?;
    Ok(Listed(pages.iter().flat_map(|page| list(page, "CertificateSummaryList").cloned()).collect()))
}

/// The names that a certificate is for.
fn names(certificate: &Value) -> Vec<String> {
    let mut names = texts(&certificate["SubjectAlternativeNameSummaries"]);
    names.push(text(certificate, "DomainName"));
    names
}

/// The one of the certificates that is for `domain`: by name before by wildcard, then the one that holds longest.
fn chosen(domain: &str, all: &[Value], region: &str) -> CertificateLive {
    let is_named = |one: &&Value| names(one).iter().any(|name| name.eq_ignore_ascii_case(domain));
    // A wildcard stands for one label.
    let wildcard = domain.split_once('.').map(|(_, rest)| format!("*.{rest}")).unwrap_or_default();
    let is_covered = |one: &&Value| names(one).iter().any(|name| name.eq_ignore_ascii_case(&wildcard));
    let mut fitting: Vec<&Value> = all.iter().filter(is_named).collect();
    if fitting.is_empty() {
        fitting = all.iter().filter(is_covered).collect();
    }
    let until = |one: &Value| one["NotAfter"].as_f64().unwrap_or_default();
    let longest = fitting.iter().map(|one| until(one)).fold(0.0, f64::max);
    fitting.retain(|one| until(one) >= longest);
    let arns: Vec<String> = fitting.iter().map(|one| text(one, "CertificateArn")).collect();
    let problem = match arns.as_slice() {
        [arn] => return CertificateLive { arn: Some(arn.clone()), problem: None },
        [] => {
            let mut known: Vec<String> = all.iter().flat_map(names).collect();
            known.sort();
            known.dedup();
            let known = match known.as_slice() {
                [] => "nor one for any other domain".to_owned(),
                known => format!("but those for {}", known.join(", ")),
            };
            format!("ACM has no issued certificate for {domain} in {region}, {known}")
        }
        several => {
            let several = several.join(", ");
            format!("ACM has several certificates for {domain} that hold equally long: {several}; name one by its ARN")
        }
    };
    CertificateLive { arn: None, problem: Some(problem) }
}

/// Returns why a certificate that is named can't be had, if it can't.
pub(super) fn obstacle(reference: &RefOrArn<Certificate>, others: &Others) -> Option<String> {
    let RefOrArn::Lab(reference) = reference else { return None };
    others.live(reference).now()?.problem.clone()
}

/// The reference to a certificate, which has to be one of the lab's if it isn't an ARN.
pub(super) fn reference(reference: &RefOrArn<Certificate>, path: String) -> Option<SpecRef> {
    match reference {
        RefOrArn::Lab(reference) => Some(Ref::at(reference, path)),
        RefOrArn::Arn(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(arn: &str, names: &[&str], until: i64) -> Value {
        json!({"CertificateArn": arn, "DomainName": names[0], "SubjectAlternativeNameSummaries": names,
            "NotAfter": until})
    }

    #[test]
    fn the_one_that_is_for_a_domain_is_chosen() {
        let all = [
            certificate("old", &["www.example.com"], 1),
            certificate("new", &["example.com", "www.example.com"], 2),
            certificate("wild", &["*.example.com"], 9),
            certificate("one", &["*.twice.com"], 3),
            certificate("two", &["*.twice.com"], 3),
        ];
        for (domain, arn) in [
            ("www.example.com", "new"),
            ("WWW.example.com", "new"),
            ("api.example.com", "wild"),
            ("*.example.com", "wild"),
        ] {
            assert_eq!(chosen(domain, &all, "eu-west-1").arn.as_deref(), Some(arn), "{domain}");
        }
        for (domain, words) in [
            (
                "a.b.example.com",
                "no issued certificate for a.b.example.com in eu-west-1, but those for *.example.com, ",
            ),
            ("a.twice.com", "several certificates for a.twice.com that hold equally long: one, two"),
        ] {
            let problem = chosen(domain, &all, "eu-west-1").problem.unwrap();
            assert!(problem.contains(words), "{problem}");
        }
        assert!(
            chosen("a.com", &[], "eu-west-1").problem.unwrap().ends_with("in eu-west-1, nor one for any other domain")
        );
    }
}
