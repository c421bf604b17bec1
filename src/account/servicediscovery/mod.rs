//! AWS Cloud Map, called service discovery in its API: namespaces, services in them, and the instances of those.
//!
//! Namespaces are made, changed and deleted by operations that take their time; one that is being made or deleted isn't
//! listed, and its name is taken.

mod instances;
mod kept;
mod namespaces;
mod operations;
mod services;

pub(crate) use instances::{deregister, register};
pub(crate) use namespaces::{make_http, namespace};
pub(crate) use services::{forget, is_in, is_taken, make_managed, tells_port};

use serde_json::{Value, json};

use crate::account::{Account, Calls, Service};
use crate::forms::{Pages, Tags};
use crate::input::{list, text, texts};
use crate::states::Kept;
use crate::table::Table;
use crate::wire::{self, Answer, Fault};
use kept::{Instance, NAMESPACES, SERVICES};
use operations::Operation;

/// The form of pages of its lists.
const PAGES: Pages = Pages {
    size: "MaxResults",
    token: ("NextToken", "NextToken"),
    refuse: |size| refused(format!("Value '{size}' at 'maxResults' failed to satisfy constraint: 1 to 100")),
    bad_token: || refused("The specified token isn't valid."),
    ..Pages::JSON
};
/// The form of its tags.
const TAGS: Tags = Tags { id: "ResourceARN", ..Tags::JSON };

/// Cloud Map in the list of services.
pub(crate) static SERVICE: Service = Service {
    kinds: &[&NAMESPACES, &SERVICES],
    keeps: &[
        Kept::of::<Table<Instance>>("servicediscovery/instances"),
        Kept::of::<Table<Operation>>("servicediscovery/operations"),
    ],
    settle,
    ..Service::new("servicediscovery", Calls::Json(handle))
};

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "CreatePrivateDnsNamespace" | "CreateHttpNamespace" => namespaces::create(account, operation, input),
        "UpdatePrivateDnsNamespace" | "UpdateHttpNamespace" => namespaces::update(account, operation, input),
        "GetNamespace" => namespaces::get(account, input),
        "ListNamespaces" => namespaces::list(account, input),
        "DeleteNamespace" => namespaces::delete(account, input),
        "GetOperation" => operations::get(account, input),
        "ListOperations" => operations::list(account, input),
        "CreateService" => services::create(account, input),
        "UpdateService" => services::update(account, input),
        "GetService" => services::get(account, input),
        "ListServices" => services::list(account, input),
        "DeleteService" => services::delete(account, input),
        "RegisterInstance" => instances::register_by_call(account, input),
        "DeregisterInstance" => instances::deregister_by_call(account, input),
        "ListInstances" => instances::list(account, input),
        "TagResource" | "UntagResource" | "ListTagsForResource" => tags(account, operation, input),
        other => Err(wire::unknown("servicediscovery", other)),
    }
}

fn settle(account: &mut Account) {
    let now = account.now;
    account.all_mut::<Instance>().expire(now);
    account.all_mut::<Operation>().expire(now);
}

fn tags(account: &mut Account, operation: &str, input: &Value) -> Answer {
    let is_namespace = text(input, "ResourceARN").is_some_and(|arn| arn.contains(":namespace/"));
    let answer = match (operation, is_namespace) {
        ("TagResource", true) => NAMESPACES.tag(account, input),
        ("TagResource", false) => SERVICES.tag(account, input),
        ("UntagResource", true) => NAMESPACES.untag(account, input),
        ("UntagResource", false) => SERVICES.untag(account, input),
        (_, true) => NAMESPACES.tags_of(account, input),
        (_, false) => SERVICES.tags_of(account, input),
    };
    answer.map_err(|fault| Fault::client("ResourceNotFoundException", fault.message))
}

/// The fault of an input that can't be.
fn refused(message: impl Into<String>) -> Fault {
    Fault::client("InvalidInput", message)
}

/// Returns whether an object passes the filters of a call. `of` returns the texts of the object that a filter's name asks
/// for; none for a filter that there isn't.
fn passes(input: &Value, of: impl Fn(&str) -> Option<String>) -> bool {
    list(input, "Filters").iter().all(|filter| {
        let value = of(filter["Name"].as_str().unwrap_or_default());
        value.is_some_and(|value| texts(filter, "Values").contains(&value))
    })
}

/// The last part of an id or an ARN.
fn id_of(input: &Value, member: &str) -> String {
    let id = text(input, member).unwrap_or_default();
    id.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The answer of a call whose change takes its time.
fn begun(operation: &str) -> Value {
    json!({ "OperationId": operation })
}

#[cfg(test)]
mod tests;
