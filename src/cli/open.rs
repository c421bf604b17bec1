//! `labform open`.

use std::env;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use clap::Args;
use labform_account::StandIn;

use super::screen::{Result, note};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, complete, files, stand_in, stop};
use crate::error::{DONE, Error};
use crate::live::{self, Evidence};
use crate::model::{Address, Known};
use crate::plan::{self, Scope};
use crate::report::console::{self, Parts};
use crate::report::visible;
use crate::resource::{Resource as _, Sources};
use crate::resources::{Cluster, LoadBalancer};
use crate::spec::{JOB, Lab, Node, Source, suggest};

/// The output that is the site's address, if several are addresses.
const URL: &str = "url";

/// Open the lab's site in the browser, or with --console AWS's own page of a resource
///
/// The site is the output `url`, else the first that is an address of the web, else the load balancer. The address is printed
/// in any case; without a display nothing more is done. On the embedded account the address is pretended: what is opened is
/// the one that stands for it below `labform sandbox serve --exec`, and nothing if that doesn't run.
#[derive(Debug, Args)]
pub(super) struct Open {
    /// The resource or the job, as in service.web or job.classifier [default: the beginning of the console]
    #[arg(requires = "console", add = complete::addresses_and_jobs())]
    address: Option<Address>,
    /// Open AWS's console
    #[arg(long)]
    console: bool,
}

impl Open {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(globals)?;
        let (url, stand_in) = match self.console {
            true => (self.page(globals, &source)?, None),
            false => site(globals, &source)?,
        };
        let is_pretended = globals.sandbox.is_some();
        let shown = if let Some(StandIn::Url(here)) = &stand_in { here } else { &url };
        writeln!(anstream::stdout(), "{}", visible(shown))?;
        match &stand_in {
            Some(StandIn::Url(_)) => note(format_args!("it answers for {}, which is pretended", visible(&url))),
            Some(StandIn::Nothing) => note(
                "pretended: nothing answers at this address; `labform sandbox serve --exec` in another terminal runs the \
                 services on this computer",
            ),
            None if is_pretended && self.console => {
                note("pretended: the embedded account has no console; on AWS the page would be there");
            }
            None if is_pretended => note("pretended: on the embedded account nothing answers at this address"),
            None => {}
        }
        let is_there = !is_pretended || matches!(stand_in, Some(StandIn::Url(_)));
        if let Some(error) = is_there.then(|| open(shown).err()).flatten() {
            note(format_args!("no browser was started: {}", visible(error)));
        }
        Ok(DONE)
    }

    /// The page in AWS's console. AWS is asked only for what neither lab.yaml nor a name says.
    fn page(&self, globals: &Globals, source: &Source) -> Result<String> {
        let lab = source.lab();
        let Some(address) = &self.address else {
            let parts = Parts { region: lab.place.region.clone(), ..Parts::default() };
            return Ok(console::address(None, &parts).expect("the beginning takes nothing else"));
        };
        let account = match lab.accounts.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        let parts = parts(lab, address, account)?;
        match console::address(Some(&address.kind), &parts) {
            Ok(page) if !is_open(lab, address) => Ok(page),
            Err(None) => Err(Error::invalid(format!("{address}: its kind has no page in AWS's console")).into()),
            _ => stop::run(async |stop| asked(globals, source, address, &stop).await),
        }
    }
}

/// What lab.yaml says of the resource or job at `address`.
fn parts(lab: &Lab, address: &Address, account: Option<String>) -> Result<Parts, Error> {
    let region = lab.place.region.clone();
    let cluster = |value: &serde_json::Value| {
        let cluster = lab.nodes.get(&Address::new(Cluster::KIND, value["cluster"].as_str()?))?;
        Some(cluster.name.clone())
    };
    if let Some(job) = (address.kind == JOB).then(|| lab.jobs.get(&address.name)).flatten() {
        let cluster = lab.nodes.get(&job.cluster.address()).map(|cluster| cluster.name.clone());
        return Ok(Parts { region, account, name: address.name.clone(), cluster, ..Parts::default() });
    }
    match lab.nodes.get(address) {
        Some(node) => {
            Ok(Parts { region, account, name: node.name.clone(), cluster: cluster(&node.value), ..Parts::default() })
        }
        None => {
            let jobs = lab.jobs.keys().map(|name| format!("{JOB}.{name}"));
            let known: Vec<String> = lab.nodes.keys().map(ToString::to_string).chain(jobs).collect();
            let error = Error::invalid(format!("the lab has no resource `{address}`"));
            Err(suggest(&address.to_string(), known.iter().map(String::as_str)).into_iter().fold(error, Error::hint))
        }
    }
}

/// Returns whether the name of what the page shows isn't known without AWS: it holds the account's number, or is looked up.
fn is_open(lab: &Lab, address: &Address) -> bool {
    let is_open = |node: &Node| node.name_needs_account || node.is_looked_up();
    let job = lab.jobs.get(&address.name).filter(|_| address.kind == JOB);
    let node = lab.nodes.get(address).or_else(|| lab.nodes.get(&job?.cluster.address()));
    node.is_some_and(|node| {
        is_open(node)
            || node.refs.iter().any(|used| used.kind == Cluster::KIND && lab.nodes.get(used).is_some_and(is_open))
    })
}

/// The page of an object of which AWS has to tell something.
async fn asked(globals: &Globals, source: &Source, address: &Address, stop: &Stop) -> Result<String> {
    let session = stop.or(Session::open(globals, source.region())).await?;
    let (lab, account) = stop.or(live::lab(&session.cloud, source)).await?;
    let mut parts = parts(&lab, address, Some(account.id))?;
    let missing = match console::address(Some(&address.kind), &parts) {
        Ok(page) => return Ok(page),
        Err(missing) => missing,
    };
    if let (Some("id"), Some(node)) = (missing, lab.nodes.get(address)) {
        let cloud = session.cloud.look().with_direct_tags();
        let (nodes, names) = ([node], lab.names());
        let found =
            async { Ok::<_, Error>(live::named(&cloud, &lab.place.lab, &nodes, &names, Evidence::Direct).await?) };
        let found = stop.or(found).await?.into_iter().next();
        let Some(object) = found else {
            let error = Error::failed(format!("{address}: it isn't there yet"));
            return Err(error.hint("`labform apply` makes it").into());
        };
        parts.id = object.kind.ids(&object.live).into_iter().next();
        parts.link = object.kind.links(&object.live).into_iter().next();
    }
    let unknown = |_| Error::failed(format!("{address}: what its page is named by isn't known"));
    Ok(console::address(Some(&address.kind), &parts).map_err(unknown)?)
}

/// The address of the lab's site, and what answers for it if it is pretended.
fn site(globals: &Globals, source: &Source) -> Result<(String, Option<StandIn>)> {
    let lab = source.lab();
    let balancer = lab.nodes.values().find(|node| node.kind.kind() == LoadBalancer::KIND);
    if lab.outputs.is_empty() && balancer.is_none() {
        return Err(Error::invalid("the lab has no site: neither an output nor a load balancer")
            .hint("`labform open --console ADDRESS` opens AWS's page of a resource")
            .into());
    }
    let (outputs, name, session) = stop::run(async |stop| {
        let session = stop.or(Session::open(globals, source.region())).await?;
        let reading = stop.or(live::read(&session.cloud, source, Sources::new(), Evidence::Index)).await?;
        let plan = plan::plan(&reading.lab, &reading.live, &Scope::all())?;
        let name = balancer.and_then(|node| {
            let object = reading.live.at(&node.address).next()?.1;
            let outputs = object.kind.outputs(&reading.lab.place, &object.name, Some(&object.live));
            outputs.into_iter().find(|output| output.name == "dnsName")?.value
        });
        Ok((plan.outputs, name, session))
    })?;
    let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let known = outputs.iter().filter_map(|(name, value)| match value {
        Known::Now(value) => Some((name, value)),
        Known::AfterApply => None,
    });
    let mut addresses: Vec<_> = known.filter(|(_, value)| is_address(value)).collect();
    addresses.sort_by_key(|(name, _)| *name != URL);
    let address = addresses.first().map(|(_, value)| (*value).clone());
    let address = address.or_else(|| name.map(|name| format!("http://{name}")));
    let address = address.ok_or_else(|| {
        Error::failed("the lab's site isn't there yet").hint("`labform apply` makes it, and prints its address")
    })?;
    let stand_in = stand_in::of(&session, &address);
    Ok((address, stand_in))
}

/// Starts a browser, if there is a display. What it says stays out of this terminal.
fn open(url: &str) -> io::Result<()> {
    let mut command = match env::consts::OS {
        "macos" => Command::new("open"),
        "windows" => {
            let mut command = Command::new("rundll32");
            command.arg("url.dll,FileProtocolHandler");
            command
        }
        _ if ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .all(|name| env::var_os(name).is_none_or(|value| value.is_empty())) =>
        {
            return Ok(());
        }
        _ => Command::new("xdg-open"),
    };
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Ctrl-C in this terminal doesn't end the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map(drop)
}
