//! A host of services: what it runs, and whom it tells.

use std::path::Path;

use futures::future::LocalBoxFuture;
use labform_account::{Hosting, Sandbox};

use super::own::Own;

/// A service whose command may run on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedService {
    /// The service, as `CLUSTER/SERVICE`.
    pub key: String,
    /// The service's address in the lab.
    pub address: String,
}

/// Why a service's container is none that the lab offers to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotOwn {
    /// It may be another time: what has to be known of it couldn't be read, or isn't there yet.
    NotYet(String),
    /// It is something else.
    Never(String),
}

/// A host of services.
pub struct Host<'a> {
    /// The account.
    pub sandbox: &'a Sandbox,
    /// The region of the services.
    pub region: &'a str,
    /// The name of this host.
    pub name: &'a str,
    /// The URL at which the account answers processes.
    pub url: &'a str,
    /// The home folder of processes.
    pub home: &'a Path,
    /// What the account is told.
    pub hosting: &'a Hosting,
    /// The services.
    pub services: &'a [HostedService],
    /// Gives a service's container with all filled in that is known by now, or the reason why there is none.
    pub own: &'a dyn Fn(&HostedService) -> LocalBoxFuture<'a, Result<Own, NotOwn>>,
    /// Hears what becomes of a service: its address, and words.
    pub tell: &'a dyn Fn(&str, &str),
}
