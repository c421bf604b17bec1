//! AWS Secrets Manager: secrets and their versions.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Item;
use crate::account::{Account, Calls, Service, seconds};
use crate::agenda::Agenda;
use crate::input::{is_true, number, page, tag_list, tags, text, texts};
use crate::states::{self, Kept};
use crate::table::{AnyTable, Object, Table};
use crate::wire::{self, Answer, Fault};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long the name of a secret stays taken that was deleted without a recovery window, in milliseconds.
const LINGERS: i64 = 5_000;
const OWN_KEY: &str = "alias/aws/secretsmanager";

/// What Secrets Manager keeps in one region.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// By name.
    secrets: Table<Secret>,
    /// The names of deleted secrets, and when they will be gone.
    agenda: Agenda<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Secret {
    arn: String,
    created: i64,
    description: String,
    key: String,
    tags: BTreeMap<String, String>,
    /// Values with their stages, by the ids of versions.
    versions: BTreeMap<String, (Hidden, Vec<String>)>,
    /// When it was deleted, and when it will be gone.
    deleted: Option<(i64, i64)>,
}

/// A value that `Debug` doesn't show.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Hidden(String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

impl Object for Secret {
    /// A secret is found by its ARN, too.
    fn owner(&self) -> Option<&str> {
        Some(&self.arn)
    }
}

impl states::State for State {
    const NAME: &'static str = "secretsmanager";

    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        vec![("secrets", &mut self.secrets)]
    }
}

/// Secrets Manager in the list of services.
pub(crate) static SERVICE: Service = Service {
    regional: &[Kept::of::<State>()],
    due: |account| account.here_ref::<State>().agenda.next(),
    settle: |account| {
        let now = account.now;
        let state: &mut State = account.here();
        state.agenda.take(now).iter().for_each(|name| drop(state.secrets.remove(name)));
    },
    remember: |account| {
        let state: &mut State = account.here();
        for name in state.secrets.touched().clone() {
            let until = state.secrets.get(&name).and_then(|secret| secret.deleted).map(|(_, until)| until);
            state.agenda.put(name, until);
        }
    },
    tagged: |account| {
        let there = items(account).into_iter().filter(|item| item.tombstone.is_none());
        there.map(|item| (item.id, item.tags)).collect()
    },
    items,
    ..Service::new("secretsmanager", Calls::Json(handle))
};

fn secrets(account: &mut Account) -> &mut Table<Secret> {
    &mut account.here::<State>().secrets
}

fn items(account: &Account) -> Vec<Item> {
    let item = |secret: &Secret| Item {
        kind: "secretsmanager:secret",
        id: secret.arn.clone(),
        tags: secret.tags.clone(),
        tombstone: secret.deleted.map(|_| "scheduled for deletion"),
    };
    account.here_ref::<State>().secrets.values().map(item).collect()
}

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreateSecret" => create(account, input),
        "DescribeSecret" => find(account, input).map(|(name, secret)| secret.shown(&name, "VersionIdsToStages")),
        "ListSecrets" => list(account, input),
        "UpdateSecret" | "PutSecretValue" => {
            let id = token(account, input)?;
            let (name, secret) = live(account, input)?;
            secret.change(&name, input, &id)
        }
        "GetSecretValue" => {
            let (name, secret) = live(account, input)?;
            let value = secret.versions.values().find(|(_, stages)| stages.contains(&"AWSCURRENT".to_owned()));
            let value = value.ok_or_else(|| not_found("secret value for staging label: AWSCURRENT"))?;
            Ok(json!({ "ARN": secret.arn, "Name": name, "SecretString": value.0 }))
        }
        "DeleteSecret" => delete(account, input),
        "RestoreSecret" => find(account, input).map(|(name, secret)| {
            secret.deleted = None;
            json!({ "ARN": secret.arn, "Name": name })
        }),
        "TagResource" => live(account, input).map(|(_, secret)| {
            secret.tags.extend(tags(input, "Tags"));
            json!({})
        }),
        "UntagResource" => live(account, input).map(|(_, secret)| {
            secret.tags.retain(|key, _| !texts(input, "TagKeys").contains(key));
            json!({})
        }),
        "GetRandomPassword" => Ok(json!({ "RandomPassword": password(account, input)? })),
        other => Err(wire::unknown("secretsmanager", other)),
    }
}

/// What a container gets for its secret `value_from`, or why it can't start; none if another account or service has it.
pub(crate) fn value(account: &mut Account, value_from: &str) -> Option<Result<String, Fault>> {
    if !value_from.starts_with(&account.arn("secretsmanager", "secret:")) {
        return None;
    }
    // Behind the ARN may stand the key of a JSON document, a stage and a version.
    let parts: Vec<&str> = value_from.split(':').collect();
    let (arn, key) = (parts[..7].join(":"), parts.get(7).copied().unwrap_or_default());
    let answer = handle(account, "GetSecretValue", &json!({ "SecretId": arn }));
    Some(answer.map(|answer| {
        let whole = text(&answer, "SecretString").unwrap_or_default();
        let document: Value = serde_json::from_str(&whole).unwrap_or_default();
        text(&document, key).unwrap_or(whole)
    }))
}

impl Account {
    /// What a container of `region` gets for its secret `value_from`; none if the account doesn't have it.
    pub fn secret_value(&mut self, region: &str, value_from: &str) -> Option<String> {
        self.enter(region);
        value(self, value_from)?.ok()
    }
}

impl Secret {
    /// What is said of the secret; the stages of its versions stand in the member `versions`.
    fn shown(&self, name: &str, versions: &str) -> Value {
        let staged = self.versions.iter().filter(|(_, (_, stages))| !stages.is_empty());
        let staged: BTreeMap<&String, &Vec<String>> = staged.map(|(id, (_, stages))| (id, stages)).collect();
        let optional = [
            ("Description", json!(self.description), !self.description.is_empty()),
            ("KmsKeyId", json!(self.key), self.key != OWN_KEY),
            ("DeletedDate", json!(self.deleted.map(|(at, _)| seconds(at))), self.deleted.is_some()),
            (versions, json!(staged), !staged.is_empty()),
        ];
        let mut shown = json!({
            "ARN": self.arn, "Name": name, "CreatedDate": seconds(self.created), "Tags": tag_list(&self.tags),
        });
        for (member, value, _) in optional.into_iter().filter(|(_, _, is_shown)| *is_shown) {
            shown[member] = value;
        }
        shown
    }

    /// Takes over what a call says. A version that is there already stays as it is, in its value and in its stages.
    fn change(&mut self, name: &str, input: &Value, id: &str) -> Answer {
        let known = self.versions.get(id).map(|(value, _)| value);
        match (text(input, "SecretString").map(Hidden), known) {
            (Some(value), Some(known)) if *known != value => {
                let arn = &self.arn;
                let why = "because that value is already in use for a version of secret";
                let message = format!("You can't use ClientRequestToken {id} {why} {arn}.");
                return Err(Fault::client("ResourceExistsException", message));
            }
            (Some(value), None) => {
                for (_, stages) in self.versions.values_mut() {
                    let was_current = stages.contains(&"AWSCURRENT".to_owned());
                    *stages = was_current.then(|| "AWSPREVIOUS".to_owned()).into_iter().collect();
                }
                self.versions.insert(id.to_owned(), (value, vec!["AWSCURRENT".to_owned()]));
            }
            _ => {}
        }
        self.description = text(input, "Description").unwrap_or_else(|| self.description.clone());
        self.key = text(input, "KmsKeyId").unwrap_or_else(|| self.key.clone());
        Ok(json!({ "ARN": self.arn, "Name": name, "VersionId": id }))
    }
}

fn create(account: &mut Account, input: &Value) -> Answer {
    let name = text(input, "Name").unwrap_or_default();
    if !(1..=512).contains(&name.len()) || !name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c)) {
        let allowed = "alphanumeric characters, or any of the following: -/_+=.@!";
        let message = format!("Invalid name. Must be a valid name containing {allowed}");
        return Err(Fault::client("ValidationException", message));
    }
    let id = token(account, input)?;
    let known = secrets(account).get(&name);
    if known.is_some_and(|known| known.deleted.is_some()) {
        let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
        return Err(Fault::client("InvalidRequestException", message));
    }
    if known.is_some_and(|known| !known.versions.contains_key(&id)) {
        let message = format!("The operation failed because the secret {name} already exists.");
        return Err(Fault::client("ResourceExistsException", message));
    }
    let suffix = account.unique_hex(6);
    let fresh = Secret {
        arn: account.arn("secretsmanager", &format!("secret:{name}-{suffix}")),
        created: account.now,
        description: String::new(),
        key: OWN_KEY.to_owned(),
        tags: tags(input, "Tags"),
        versions: BTreeMap::new(),
        deleted: None,
    };
    secrets(account).at(&name, || fresh).change(&name, input, &id)
}

fn list(account: &mut Account, input: &Value) -> Answer {
    let all = is_true(input, "IncludePlannedDeletion");
    let listed = secrets(account).iter().filter(|(_, secret)| all || secret.deleted.is_none());
    let listed = listed.map(|(name, secret)| secret.shown(name, "SecretVersionsToStages")).collect();
    let (listed, next): (Vec<Value>, _) = page(listed, text(input, "NextToken"), account.page_size(100));
    Ok(json!({ "SecretList": listed, "NextToken": next }))
}

fn delete(account: &mut Account, input: &Value) -> Answer {
    let (now, is_forced) = (account.now, is_true(input, "ForceDeleteWithoutRecovery"));
    let window = number(input, "RecoveryWindowInDays");
    if is_forced && window.is_some() {
        return Err(invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."));
    }
    if window.is_some_and(|days| !(7..=30).contains(&days)) {
        return Err(invalid("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    }
    let (name, secret) = if is_forced { find(account, input)? } else { live(account, input)? };
    let until = now + if is_forced { LINGERS } else { window.unwrap_or(30) * DAY };
    secret.deleted = Some((now, until));
    Ok(json!({ "ARN": secret.arn, "Name": name, "DeletionDate": seconds(until) }))
}

/// The id of the version that a call makes.
fn token(account: &mut Account, input: &Value) -> Result<String, Fault> {
    let token = text(input, "ClientRequestToken").unwrap_or_else(|| account.unique_uuid());
    let is_valid = (32..=64).contains(&token.len());
    if is_valid { Ok(token) } else { Err(invalid("ClientRequestToken must be 32-64 characters long.")) }
}

/// The secret of this name or ARN.
fn find<'a>(account: &'a mut Account, input: &Value) -> Result<(String, &'a mut Secret), Fault> {
    let id = text(input, "SecretId").unwrap_or_default();
    let all = secrets(account);
    let name = all.owned_by(&id).next().unwrap_or(&id).to_owned();
    // A secret without a recovery window is gone, although its name is taken for a while.
    let found = all.get_mut(&name).filter(|secret| secret.deleted.is_none_or(|(at, until)| until - at > LINGERS));
    found.map(|secret| (name, secret)).ok_or_else(|| not_found("secret."))
}

/// The same, if it isn't scheduled for deletion.
fn live<'a>(account: &'a mut Account, input: &Value) -> Result<(String, &'a mut Secret), Fault> {
    let found = find(account, input)?;
    let words = "You can't perform this operation on the secret because it was marked for deletion.";
    if found.1.deleted.is_some() { Err(Fault::client("InvalidRequestException", words)) } else { Ok(found) }
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
    let length = usize::try_from(number(input, "PasswordLength").unwrap_or(32)).unwrap_or_default();
    if left.is_empty() || !(4..=4096).contains(&length) {
        return Err(invalid("Password length is too short based on the required types."));
    }
    let letter = |_| left[usize::from_str_radix(&account.unique_hex(8), 16).unwrap_or_default() % left.len()];
    Ok((0..length).map(letter).collect())
}

fn invalid(message: &str) -> Fault {
    Fault::client("InvalidParameterException", message)
}

fn not_found(what: &str) -> Fault {
    Fault::client("ResourceNotFoundException", format!("Secrets Manager can't find the specified {what}"))
}
