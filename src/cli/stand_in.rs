//! The word on addresses of the embedded account's load balancers: they lead nowhere, and something may stand for them.

use super::embedded::{EmbeddedAccount, Jobs};
use super::screen::note;
use super::session::Session;
use crate::model::Known;
use crate::report::output::Outputs;
use crate::report::visible;
use crate::resource::Resource as _;
use crate::resources::Service;
use crate::spec::Lab;
use labform_account::StandIn;

/// Says of each output that is the address of a load balancer of the embedded account what answers for that.
pub(super) fn tell(session: &Session, outputs: &Outputs) {
    let Some(account) = &session.embedded else { return };
    for (name, value) in outputs {
        let Known::Now(value) = value else { continue };
        if let Some(found) = find(account, value) {
            note(format_args!("\n{}", words(&visible(name), &found)));
        }
    }
}

/// Says of a lab's services that they don't run, to somebody who asked that commands be run.
pub(super) fn tell_of_services(session: &Session, lab: &Lab) {
    let Some(account) = session.embedded.as_ref().filter(|account| account.jobs == Jobs::Run) else { return };
    let mut services = lab.nodes.values().filter(|node| node.kind.kind() == Service::KIND && !node.is_looked_up());
    let is_hosted = account.sandbox.with(|all| all.has_host(&account.region));
    if let Some(service) = services.next().filter(|_| !is_hosted) {
        note(format_args!(
            "{}: pretended: services run on this computer below `labform sandbox serve --exec` only, in another terminal",
            visible(&service.address)
        ));
    }
}

/// What answers for `url` if that is the address of a load balancer of the embedded account.
pub(super) fn of(session: &Session, url: &str) -> Option<StandIn> {
    find(session.embedded.as_ref()?, url)
}

fn find(account: &EmbeddedAccount, url: &str) -> Option<StandIn> {
    let (protocol, rest) = url.split_once("://").unwrap_or(("http", url));
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let usual = if protocol == "https" { 443 } else { 80 };
    let (host, port) = place.split_once(':').map_or((place, Some(usual)), |(host, port)| (host, port.parse().ok()));
    // For nothing else the account is visited.
    let is_balancer = host.contains(".elb.") && host.ends_with(".amazonaws.com");
    let port = port.filter(|_| is_balancer)?;
    let found = account.sandbox.with(|all| all.stand_in(&account.region, host, port))?;
    Some(match found {
        StandIn::Url(here) => StandIn::Url(here + &rest[place.len()..]),
        StandIn::Nothing => StandIn::Nothing,
    })
}

fn words(name: &str, found: &StandIn) -> String {
    match found {
        StandIn::Nothing => format!(
            "{name} is pretended, and nothing answers there: `labform sandbox serve --exec` runs the services on this computer"
        ),
        StandIn::Url(url) => format!("{name} is pretended: {url} answers for it"),
    }
}
