//! AWS Systems Manager: the parameters of Parameter Store.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::account::{Account, Calls, Service, seconds};
use crate::forms::{Pages, Tags};
use crate::hidden::Hidden;
use crate::input::{is_true, list, set, text, texts};
use crate::rules::PARAMETER_NAME;
use crate::shelf::{Body, Kind, Thing};
use crate::wire::{self, Answer, Fault};

/// How long the name of a parameter that was deleted stays taken, in milliseconds (DeleteParameter, API reference).
const LINGERS: i64 = 30_000;
/// The most levels of a name (PutParameter, API reference).
const LEVELS: usize = 15;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Parameter {
    r#type: String,
    value: Hidden,
    description: Option<String>,
    pattern: Option<String>,
    key: Option<String>,
    tier: String,
    data_type: String,
    version: i64,
    modified: i64,
}

impl Body for Parameter {
    const IS_SECRET: bool = true;
}

static PARAMETERS: Kind<Parameter> = Kind {
    missing: |_, name| Fault::client("ParameterNotFound", format!("Parameter {name} not found.")),
    exists: |_, _| {
        let words =
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        Fault::client("ParameterAlreadyExists", words)
    },
    pages: Pages {
        size: "MaxResults",
        token: ("NextToken", "NextToken"),
        usual: 50,
        sizes: (1, 50),
        refuse: |size| refused(format!("Value '{size}' at 'maxResults' failed to satisfy constraint: 1 to 50")),
        bad_token: || Fault::client("InvalidNextToken", "The specified token isn't valid."),
    },
    tags: Tags { id: "ResourceId", ..Tags::JSON },
    ..Kind::new("ssm:parameter", "ssm/parameters")
};

/// Systems Manager in the list of services.
pub(crate) static SERVICE: Service = Service { kinds: &[&PARAMETERS], ..Service::new("ssm", Calls::Json(handle)) };

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    let name = text(input, "Name").unwrap_or_default();
    match operation {
        "PutParameter" => put(account, &name, input),
        "GetParameter" => {
            let (name, parameter) = PARAMETERS.find(account, &name)?;
            Ok(json!({ "Parameter": read(name, parameter, is_true(input, "WithDecryption")) }))
        }
        "GetParameters" => get(account, input),
        "DescribeParameters" => {
            let named = list(input, "ParameterFilters").iter().find(|filter| filter["Key"] == "Name");
            let names = named.map(|filter| texts(filter, "Values"));
            let is_wanted = |name: &str| names.as_ref().is_none_or(|names| names.iter().any(|one| one == name));
            PARAMETERS.list(account, input, "Parameters", |name, _| is_wanted(name), described)
        }
        "DeleteParameter" => PARAMETERS.delete_for(account, &name, LINGERS).map(|_| json!({})),
        "AddTagsToResource" => PARAMETERS.tag(account, input).map_err(no_resource),
        "RemoveTagsFromResource" => PARAMETERS.untag(account, input).map_err(no_resource),
        "ListTagsForResource" => {
            let tags = PARAMETERS.tags_of(account, input).map_err(no_resource)?;
            Ok(json!({ "TagList": tags["Tags"] }))
        }
        other => Err(wire::unknown("ssm", other)),
    }
}

/// What a container gets for the parameter of this name or ARN.
pub(crate) fn value(account: &Account, id: &str) -> Result<String, Fault> {
    Ok(PARAMETERS.find(account, id)?.1.value.0.clone())
}

fn put(account: &mut Account, name: &str, input: &Value) -> Answer {
    PARAMETER_NAME.check(name, || {
        refused(
            "Parameter name: can't be prefixed with \"ssm\" or \"aws\" (case-insensitive). If formed as a path, it can consist \
             of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the \
             following 3 symbols .-_",
        )
    })?;
    if name.matches('/').count() > LEVELS {
        let words = "The hierarchy can have a maximum of 15 levels.";
        return Err(Fault::client("HierarchyLevelLimitExceededException", words));
    }
    let overwrites = is_true(input, "Overwrite");
    if overwrites && !list(input, "Tags").is_empty() {
        return Err(refused("Invalid request: tags and overwrite can't be used together."));
    }
    let before = PARAMETERS.find(account, name).ok().map(|(_, parameter)| (**parameter).clone());
    if before.is_some() && !overwrites {
        return Err((PARAMETERS.exists)(account, name));
    }
    let after = changed(before.clone().unwrap_or_default(), input, account.now)?;
    let answer = json!({ "Version": after.version, "Tier": after.tier });
    if before.is_some() {
        **PARAMETERS.find_mut(account, name)?.1 = after;
    } else {
        let arn = account.arn("ssm", &format!("parameter/{}", name.trim_start_matches('/')));
        PARAMETERS.create(account, name, arn, input, after)?;
    }
    Ok(answer)
}

/// The next version of a parameter, as the call says. What the call leaves out stays.
fn changed(before: Parameter, input: &Value, now: i64) -> Result<Parameter, Fault> {
    let given = |key: &str| text(input, key).filter(|text| !text.is_empty());
    let kept = |key: &str, before: &Option<String>| match text(input, key) {
        None => before.clone(),
        Some(_) => given(key),
    };
    let or = |key: &str, before: &str, usual: &str| {
        let before = if before.is_empty() { usual } else { before };
        given(key).unwrap_or_else(|| before.to_owned())
    };
    let r#type = or("Type", &before.r#type, "");
    let tier = or("Tier", &before.tier, "Standard");
    let most = if tier == "Advanced" { 8192 } else { 4096 };
    let value = text(input, "Value").unwrap_or_default();
    if r#type.is_empty() {
        return Err(refused("A parameter type is required when you create a parameter."));
    }
    if before.version > 0 && r#type != before.r#type {
        let words = "Parameter Store doesn't support changing a parameter type in a hierarchy.";
        return Err(Fault::client("HierarchyTypeMismatchException", words));
    }
    if before.tier == "Advanced" && tier != "Advanced" {
        let words = "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
                     advanced-parameter tier to the standard-parameter tier.";
        return Err(refused(words));
    }
    if value.is_empty() || value.len() > most || value.contains("{{") {
        return Err(refused(format!(
            "The value of a parameter of this tier has 1 to {most} characters and names no other."
        )));
    }
    let key = if r#type == "SecureString" { Some("alias/aws/ssm".to_owned()) } else { None };
    Ok(Parameter {
        r#type,
        value: Hidden(value),
        description: kept("Description", &before.description),
        pattern: kept("AllowedPattern", &before.pattern),
        key: given("KeyId").or(before.key).or(key),
        tier,
        data_type: or("DataType", &before.data_type, "text"),
        version: before.version + 1,
        modified: now,
    })
}

fn get(account: &Account, input: &Value) -> Answer {
    let names = texts(input, "Names");
    if names.len() > 10 {
        return Err(refused(
            "Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
        ));
    }
    let decrypts = is_true(input, "WithDecryption");
    let (found, missing): (Vec<_>, Vec<_>) =
        names.iter().map(|name| (name, PARAMETERS.find(account, name))).partition(|(_, found)| found.is_ok());
    let found = found.into_iter().filter_map(|(_, found)| found.ok());
    let found: Value = found.map(|(name, parameter)| read(name, parameter, decrypts)).collect();
    Ok(
        json!({ "Parameters": found, "InvalidParameters": missing.into_iter().map(|(name, _)| name).collect::<Vec<_>>() }),
    )
}

/// A parameter with its value; a secret one's is shown encrypted unless the call asks otherwise.
fn read(name: &str, parameter: &Thing<Parameter>, decrypts: bool) -> Value {
    let is_encrypted = parameter.r#type == "SecureString" && !decrypts;
    let value = if is_encrypted { parameter.value.digest() } else { parameter.value.clone() };
    let mut shown = common(name, parameter);
    shown["Value"] = json!(value);
    shown
}

/// What DescribeParameters says of a parameter.
fn described(name: &str, parameter: &Thing<Parameter>) -> Value {
    let mut shown = common(name, parameter);
    shown["Description"] = json!(parameter.description);
    shown["AllowedPattern"] = json!(parameter.pattern);
    shown["KeyId"] = json!(parameter.key);
    shown["Tier"] = json!(parameter.tier);
    set(shown)
}

fn common(name: &str, parameter: &Thing<Parameter>) -> Value {
    json!({
        "Name": name,
        "ARN": parameter.arn,
        "Type": parameter.r#type,
        "Version": parameter.version,
        "LastModifiedDate": seconds(parameter.modified),
        "DataType": parameter.data_type,
    })
}

fn refused(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

/// The calls for tags know resources, not parameters.
fn no_resource(fault: Fault) -> Fault {
    Fault { code: "InvalidResourceId".to_owned(), ..fault }
}
