//! The answer to a request: finds its service, hands the input over in the form of the service's protocol, and packs
//! what comes back.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::account::{Account, Calls, Service};
use crate::quirks::Rewrites;
use crate::rules::REGION;
use crate::session::Session;
use crate::wire::{Answer, Call, Fault, Reply, Request, query, reply, rest};

/// The call that the request is, as far as it says: an unsigned one is for no service.
pub(crate) fn call(services: &[&'static Service], request: &Request) -> Call {
    let (region, service) = request.scope();
    let operation = match find(services, &service).map(|service| service.calls) {
        Some(Calls::Http { operation, .. }) => operation(request),
        Some(Calls::Rest(routes, _)) => rest::operation(routes, request),
        Some(Calls::Query(_) | Calls::Ec2(_)) => request.action(),
        Some(Calls::Json(_)) | None => request.target(),
    };
    Call { region, service, operation }
}

/// Answers a request.
pub(crate) fn answer(account: &mut Account, call: &Call, request: &Request) -> Reply {
    let Some(service) = find(account.services(), &call.service) else {
        return unknown_service(call, request);
    };
    if let Err(fault) = REGION.check(&call.region, || bad_region(&call.region)) {
        return refused(account, service, call, request, fault);
    }
    account.who.session = Session::of(request);
    if account
        .who
        .session
        .as_ref()
        .is_some_and(|session| session.expires <= account.via.time(account.now, account.wall))
    {
        return refused(account, service, call, request, expired(service));
    }
    // A service without regions signs for us-east-1 wherever the user works: no reason to give that region a VPC.
    if service.is_global() && !matches!(service.calls, Calls::Http { .. }) {
        call.region.clone_into(&mut account.region);
    } else {
        account.enter(&call.region);
    }
    let permitted = permit(account, service, &call.operation);
    let rewrites = account.quirks.rewrites.clone();
    let mut handle = |handle: fn(&mut Account, &str, &Value) -> Answer, input: &Value| {
        permitted.clone().and_then(|()| handle(account, &call.operation, input))
    };
    let kept = |input| rewritten(input, &rewrites, &format!("{}:{}", service.name, call.operation));
    match service.calls {
        Calls::Json(json) => reply::json(input(request).map(kept).and_then(|input| handle(json, &input))),
        Calls::Rest(routes, json) => {
            let members = input(request).map(|input| kept(rest::input(routes, request, input)));
            reply::rest(members.and_then(|input| handle(json, &input)))
        }
        Calls::Query(form) => reply::query(&call.operation, handle(form, &query::parse(&request.body))),
        Calls::Ec2(form) => reply::ec2(&call.operation, handle(form, &query::parse(&request.body))),
        Calls::Http { answer, .. } => reply::stamped(answer(account, request, permitted), "x-amz-request-id"),
    }
}

/// The answer to a call of which there are too many.
pub(crate) fn throttled(account: &mut Account, call: &Call, request: &Request) -> Reply {
    let Some(service) = find(account.services(), &call.service) else {
        return unknown_service(call, request);
    };
    let (status, code, message) = match service.calls {
        Calls::Json(_) => (400, "ThrottlingException", "Rate exceeded"),
        Calls::Rest(..) => (429, "ThrottlingException", "Rate exceeded"),
        Calls::Query(_) => (400, "Throttling", "Rate exceeded"),
        Calls::Ec2(_) => (503, "RequestLimitExceeded", "Request limit exceeded."),
        Calls::Http { .. } => (503, "SlowDown", "Please reduce your request rate."),
    };
    refused(account, service, call, request, Fault::client(code, message).with_status(status))
}

/// The fault of keys whose time is over.
fn expired(service: &Service) -> Fault {
    let (status, code, message) = match service.calls {
        Calls::Json(_) => (400, "ExpiredTokenException", "The security token included in the request is expired"),
        Calls::Rest(..) => (403, "ExpiredTokenException", "The security token included in the request is expired"),
        Calls::Query(_) => (403, "ExpiredToken", "The security token included in the request is expired"),
        Calls::Ec2(_) => (400, "RequestExpired", "Request has expired."),
        Calls::Http { .. } => (400, "ExpiredToken", "The provided token has expired."),
    };
    Fault::client(code, message).with_status(status)
}

/// The answer of a service that doesn't look at the call.
fn refused(account: &mut Account, service: &Service, call: &Call, request: &Request, fault: Fault) -> Reply {
    match service.calls {
        Calls::Json(_) => reply::json(Err(fault)),
        Calls::Rest(..) => reply::rest(Err(fault)),
        Calls::Query(_) => reply::query(&call.operation, Err(fault)),
        Calls::Ec2(_) => reply::ec2(&call.operation, Err(fault)),
        Calls::Http { answer, .. } => answer(account, request, Err(fault)),
    }
}

/// The answer for a service that the account doesn't have, in the protocol of the request.
fn unknown_service(call: &Call, request: &Request) -> Reply {
    let header = request.headers.get("authorization").map_or("", String::as_str);
    let is_old = header.starts_with("AWS ") || request.query.iter().any(|(name, _)| name == "AWSAccessKeyId");
    let message = match call.service.as_str() {
        "" if is_old => "the request is signed in the old way, without a region: AWS4-HMAC-SHA256 is understood \
             (`aws configure set default.s3.signature_version s3v4`)"
            .to_owned(),
        "" => {
            "the request isn't signed for any service (Authorization: AWS4-HMAC-SHA256 …), so that nobody can answer it"
                .to_owned()
        }
        name => format!("the sandbox has no service {name:?}"),
    };
    match request.is_form() {
        true => reply::query(&request.action(), Err(Fault::client("InvalidAction", message))),
        false => reply::json(Err(Fault::client("UnknownServiceException", message))),
    }
}

/// The fault of a signature for a region that can't be one. At AWS there is no such host.
fn bad_region(region: &str) -> Fault {
    let message =
        format!("the request is signed for the region {region:?}, and no region has such a name: eu-west-1 is one");
    Fault::client("InvalidSignatureException", message).with_status(403)
}

fn find(services: &[&'static Service], name: &str) -> Option<&'static Service> {
    services.iter().find(|service| service.name == name).copied()
}

/// The input of a call in JSON.
fn input(request: &Request) -> Answer {
    if request.body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_slice(&request.body).map_err(|error| Fault::client("SerializationException", error.to_string()))
}

/// The input of `call` as the account keeps it.
fn rewritten(mut input: Value, rewrites: &Rewrites, call: &str) -> Value {
    for ((_, member), value) in rewrites.iter().filter(|((of, _), _)| *of == call) {
        if let Some(place) = input.pointer_mut(member) {
            value.clone_into(place);
        }
    }
    input
}

/// Refuses a call of `service` if the account denies it to everybody.
fn permit(account: &Account, service: &Service, operation: &str) -> Result<(), Fault> {
    if !account.quirks.denied.contains(&format!("{}:{operation}", service.name)) {
        return Ok(());
    }
    // The index has another name in policies than in signatures.
    let prefix = match service.name {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        name => name,
    };
    let action = format!("{prefix}:{operation}");
    Err(match service.calls {
        Calls::Json(_) => denied(account, &action, "*"),
        Calls::Rest(..) => denied(account, &action, "*").with_status(403),
        Calls::Query(_) | Calls::Http { .. } => {
            Fault::client("AccessDenied", denial(account, &action, "*")).with_status(403)
        }
        Calls::Ec2(_) => {
            let caller = account.caller();
            let message = format!(
                "You are not authorized to perform this operation. User: {caller} is not authorized to perform: \
                 {action} {}",
                because(&action)
            );
            Fault::client("UnauthorizedOperation", message).with_status(403)
        }
    })
}

/// The fault of an action that is denied, in a service that speaks JSON.
pub(crate) fn denied(account: &Account, action: &str, resource: &str) -> Fault {
    Fault::client("AccessDeniedException", denial(account, action, resource))
}

fn denial(account: &Account, action: &str, resource: &str) -> String {
    let caller = account.caller();
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {}", because(action))
}

fn because(action: &str) -> String {
    format!("because no identity-based policy allows the {action} action")
}
