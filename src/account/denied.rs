//! Access that is denied, in each protocol's own code and status.

use crate::account::{Account, Calls, Service};
use crate::wire::Fault;

/// Refuses a call of `service` if the account denies it to everybody.
pub(crate) fn check(account: &Account, service: &Service, operation: &str) -> Result<(), Fault> {
    if !account.quirks.denied.contains(&format!("{}:{operation}", service.name)) {
        return Ok(());
    }
    // The index has another name in policies than in signatures.
    let prefix = if service.name == "tagging" { "tag" } else { service.name };
    let action = format!("{prefix}:{operation}");
    Err(match service.calls {
        Calls::Json(_) => json(account, &action, "*"),
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

/// What a service that speaks JSON says of an action that is denied.
pub(crate) fn json(account: &Account, action: &str, resource: &str) -> Fault {
    Fault::client("AccessDeniedException", denial(account, action, resource))
}

fn denial(account: &Account, action: &str, resource: &str) -> String {
    let caller = account.caller();
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {}", because(action))
}

fn because(action: &str) -> String {
    format!("because no identity-based policy allows the {action} action")
}
