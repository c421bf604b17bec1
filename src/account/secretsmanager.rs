//! AWS Secrets Manager: secrets and their versions.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::account::{Account, Calls, Service, seconds};
use crate::forms::{Pages, Tags};
use crate::hidden::Hidden;
use crate::input::{is_true, number, set, text};
use crate::rules::{PASSWORD_LENGTH, RECOVERY_WINDOW, SECRET_NAME, SECRET_TOKEN};
use crate::shelf::{Body, Kind, Thing};
use crate::wire::{self, Answer, Fault, invalid};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// The milliseconds for which the name of a secret stays taken that was deleted without a recovery window.
const LINGERS: i64 = 5_000;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Secret {
    description: String,
    key: Option<String>,
    /// The values with the ids of their versions, the newest last. Values before the previous one are kept as digests.
    versions: Vec<(String, Hidden)>,
}

impl Body for Secret {
    const IS_SECRET: bool = true;
}

static SECRETS: Kind<Secret> = Kind {
    missing: |_, _| not_found("secret."),
    exists: |account, name| {
        let taken = "You can't create this secret because a secret with this name is already scheduled for deletion.";
        let exists = format!("The operation failed because the secret {name} already exists.");
        match SECRETS.get(account, name).and_then(|secret| secret.deleted) {
            Some(_) => Fault::client("InvalidRequestException", taken),
            None => Fault::client("ResourceExistsException", exists),
        }
    },
    fixed: |_, secret| {
        let words = "You can't perform this operation on the secret because it was marked for deletion.";
        secret.deleted.map(|_| Fault::client("InvalidRequestException", words))
    },
    tombstone: "scheduled for deletion",
    pages: Pages {
        size: "MaxResults",
        token: ("NextToken", "NextToken"),
        bad_token: || Fault::client("InvalidNextTokenException", "The NextToken value is invalid."),
        ..Pages::JSON
    },
    tags: Tags { id: "SecretId", ..Tags::JSON },
    ..Kind::new("secretsmanager:secret", "secretsmanager/secrets")
};

/// Secrets Manager in the list of services.
pub(crate) static SERVICE: Service =
    Service { kinds: &[&SECRETS], ..Service::new("secretsmanager", Calls::Json(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    let id = text(input, "SecretId").unwrap_or_default();
    match operation {
        "CreateSecret" => create(account, input),
        "DescribeSecret" => SECRETS.find(account, &id).map(|(name, secret)| shown(name, secret, "VersionIdsToStages")),
        "ListSecrets" => {
            let all = is_true(input, "IncludePlannedDeletion");
            let shown = |name: &str, secret: &Thing<Secret>| shown(name, secret, "SecretVersionsToStages");
            SECRETS.list(account, input, "SecretList", |_, secret| all || secret.deleted.is_none(), shown)
        }
        "UpdateSecret" | "PutSecretValue" => {
            let token = token(account, input)?;
            change(account, &id, input, &token)
        }
        "GetSecretValue" => {
            let (name, secret) = SECRETS.find_mut(account, &id)?;
            let newest = secret.versions.last();
            let (_, value) = newest.ok_or_else(|| not_found("secret value for staging label: AWSCURRENT"))?;
            Ok(json!({ "ARN": secret.arn, "Name": name, "SecretString": value }))
        }
        "DeleteSecret" => delete(account, &id, input),
        "RestoreSecret" => SECRETS.restore(account, &id).map(|(name, arn)| json!({ "ARN": arn, "Name": name })),
        "TagResource" => SECRETS.tag(account, input),
        "UntagResource" => SECRETS.untag(account, input),
        "GetRandomPassword" => Ok(json!({ "RandomPassword": password(account, input)? })),
        other => Err(wire::unknown("secretsmanager", other)),
    }
}

/// The value that readers of a secret get.
pub(crate) fn value(account: &mut Account, arn: &str) -> Result<String, Fault> {
    let answer = handle(account, "GetSecretValue", &json!({ "SecretId": arn }))?;
    Ok(text(&answer, "SecretString").unwrap_or_default())
}

/// The description of a secret; the stages of its versions stand in the member `versions`.
fn shown(name: &str, secret: &Thing<Secret>, versions: &str) -> Value {
    let newest = secret.versions.iter().rev().zip(["AWSCURRENT", "AWSPREVIOUS"]);
    let staged: Value = newest.map(|((id, _), stage)| (id.clone(), json!([stage]))).collect::<Map<_, _>>().into();
    set(json!({
        "ARN": secret.arn,
        "Name": name,
        "CreatedDate": seconds(secret.created),
        "Tags": SECRETS.tags.write(&secret.tags),
        "Description": Some(&secret.description).filter(|words| !words.is_empty()),
        "KmsKeyId": secret.key,
        "DeletedDate": secret.deleted.map(|(at, _)| seconds(at)),
        versions: Some(staged).filter(|_| !secret.versions.is_empty()),
    }))
}

fn create(account: &mut Account, input: &Value) -> Answer {
    let name = text(input, "Name").unwrap_or_default();
    SECRET_NAME.check(&name, || {
        let allowed = "alphanumeric characters, or any of the following: -/_+=.@!";
        let message = format!("Invalid name. Must be a valid name containing {allowed}");
        Fault::client("ValidationException", message)
    })?;
    let token = token(account, input)?;
    // A call that is sent again is the same call.
    let is_same = |known: &Thing<Secret>| known.deleted.is_none() && known.versions.iter().any(|(id, _)| *id == token);
    if !SECRETS.get(account, &name).is_some_and(is_same) {
        let suffix = account.unique_hex(6);
        let arn = account.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
        SECRETS.create(account, &name, arn, input, Secret::default())?;
    }
    change(account, &name, input, &token)
}

/// Takes over the fields that a call says. A version that is there already stays as it is.
fn change(account: &mut Account, id: &str, input: &Value, token: &str) -> Answer {
    let (name, secret) = SECRETS.find_mut(account, id)?;
    let known = secret.versions.iter().find(|(id, _)| id == token).map(|(_, value)| value);
    match (text(input, "SecretString").map(Hidden), known) {
        (Some(value), Some(known)) if *known != value && *known != value.digest() => {
            let why = "because that value is already in use for a version of secret";
            let message = format!("You can't use ClientRequestToken {token} {why} {}.", secret.arn);
            return Err(Fault::client("ResourceExistsException", message));
        }
        (Some(value), None) => {
            secret.versions.push((token.to_owned(), value));
            if let [.., (_, old), _, _] = secret.versions.as_mut_slice() {
                *old = old.digest();
            }
        }
        _ => {}
    }
    secret.description = text(input, "Description").unwrap_or_else(|| secret.description.clone());
    let key = text(input, "KmsKeyId").or_else(|| secret.key.clone());
    secret.key = key.filter(|key| key != "alias/aws/secretsmanager");
    Ok(json!({ "ARN": secret.arn, "Name": name, "VersionId": token }))
}

fn delete(account: &mut Account, id: &str, input: &Value) -> Answer {
    let window = number(input, "RecoveryWindowInDays");
    let is_forced = is_true(input, "ForceDeleteWithoutRecovery");
    if is_forced && window.is_some() {
        return Err(invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."));
    }
    RECOVERY_WINDOW
        .check(window, |_| invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."))?;
    let (name, arn, until) = match is_forced {
        true => SECRETS.delete_for(account, id, LINGERS)?,
        false => SECRETS.keep_for(account, id, window.unwrap_or(30) * DAY)?,
    };
    Ok(json!({ "ARN": arn, "Name": name, "DeletionDate": seconds(until) }))
}

/// The id of the version that a call makes.
fn token(account: &mut Account, input: &Value) -> Result<String, Fault> {
    let token = text(input, "ClientRequestToken").unwrap_or_else(|| account.unique_uuid());
    SECRET_TOKEN.check(&token, || invalid("ClientRequestToken must be 32-64 characters long."))?;
    Ok(token)
}

/// A password of the characters that the call leaves over.
fn password(account: &mut Account, input: &Value) -> Result<String, Fault> {
    let excluded = text(input, "ExcludeCharacters").unwrap_or_default();
    let sort = |c: char| match c {
        'a'..='z' => "ExcludeLowercase",
        'A'..='Z' => "ExcludeUppercase",
        '0'..='9' => "ExcludeNumbers",
        _ => "ExcludePunctuation",
    };
    let left: Vec<char> = ('!'..='~').filter(|c| !is_true(input, sort(*c)) && !excluded.contains(*c)).collect();
    let length = number(input, "PasswordLength").unwrap_or(32);
    if left.is_empty() || length < 4 || !(PASSWORD_LENGTH.allows)(length) {
        return Err(invalid("Password length is too short based on the required types."));
    }
    let letter = |_| left[usize::from_str_radix(&account.unique_hex(8), 16).unwrap_or_default() % left.len()];
    Ok((0..length).map(letter).collect())
}

fn not_found(what: &str) -> Fault {
    Fault::client("ResourceNotFoundException", format!("Secrets Manager can't find the specified {what}"))
}
