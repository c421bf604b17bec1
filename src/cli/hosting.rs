//! The services that `labform sandbox serve --exec` runs: what each would run, the question, and what answers for their
//! load balancers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use futures::FutureExt as _;
use futures::future::join_all;
use labform_account::{Balancer, BalancerPort, Hosting, Sandbox};
use serde_json::Value;

use super::built::image_source;
use super::screen::{Result, note};
use super::stop::Stop;
use super::{Globals, ask, embedded, files};
use crate::cloud::{Cloud, Endpoint, connect};
use crate::error::Error;
use crate::live::{self, Evidence};
use crate::local::{Host, HostedService, NotOwn, Own, local, run_services};
use crate::model::{AFTER_APPLY, Address, HIDDEN, canonical, gives_away, quoted};
use crate::plan::{self, Scope};
use crate::report::{BOLD, YELLOW, paint, visible};
use crate::resource::{Others, Resource as _, Sources, as_spec};
use crate::resources::{Listener, Service, TaskDefinition, ecs_body};
use crate::spec::{Lab, Node, Source};

/// What is added to the port of a load balancer for the port of this computer that stands for it, as long as that is free:
/// ports below 1024 aren't everybody's to take.
const ABOVE: [u16; 3] = [8000, 9000, 10_000];

/// Whether the user has agreed to what runs on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// The user has said so beforehand.
    Given,
    /// The user is to be asked.
    Asked,
}

/// The services that run on this computer.
pub(super) struct Services<'a> {
    source: &'a Source,
    folder: PathBuf,
    cloud: Cloud,
    sandbox: Sandbox,
    home: PathBuf,
    offer: Offer,
    balancers: Vec<(Address, Balancer)>,
}

/// What the lab offers to run.
struct Offer {
    services: Vec<(HostedService, Own)>,
    /// The services that stay pretended, and why.
    others: Vec<(Address, String)>,
    ports: Vec<(Address, BalancerPort)>,
}

impl<'a> Services<'a> {
    /// Shows what the lab would run, and asks. The account is in `file`.
    ///
    /// # Errors
    /// If nothing of the lab can run here, if the user doesn't agree, and if there is nobody to ask.
    pub(super) async fn offered(
        globals: &Globals,
        source: &'a Source,
        (sandbox, file): (&Sandbox, &Path),
        consent: Consent,
        stop: &Stop,
    ) -> Result<Self> {
        let folder = files::folder(&globals.file);
        let mut cloud = connect(&Endpoint::Sandbox(sandbox.clone()), source.region(), None).await;
        cloud.folder.clone_from(&folder);
        let offer = stop.or(offer(&cloud, source, &folder)).await?;
        for (address, why) in &offer.others {
            note(format_args!("{}: {} {}", visible(address), paint(YELLOW, "pretended:"), visible(why)));
        }
        if offer.services.is_empty() {
            let message = format!("lab {} has no service that can run on this computer", source.name());
            return Err(Error::refused(message)
                .hint("without --exec the account is served, and services are pretended")
                .into());
        }
        let region = source.region();
        let is_hosted = |key: &str| sandbox.with(|account| account.is_hosted(region, key));
        if let Some((service, _)) = offer.services.iter().find(|(service, _)| is_hosted(&service.key)) {
            let message = format!("{}: another `labform sandbox serve --exec` runs it", service.address);
            return Err(Error::refused(message).hint("one that was killed is forgotten after 30 seconds").into());
        }
        if consent == Consent::Asked {
            ask::refuse_unless_asked()?;
        }
        let shown: Vec<String> = offer.shown().collect();
        match consent {
            Consent::Given => shown.iter().for_each(note),
            Consent::Asked => ask::typed(stop, "Run these on this computer, with your rights?", &shown, "yes").await?,
        }
        let (balancers, home) = (bind(&offer, sandbox).await?, embedded::home(file)?);
        Ok(Self { source, folder, cloud, sandbox: sandbox.clone(), home, offer, balancers })
    }

    /// Runs the services until the user asks to stop. The account answers processes at `url`.
    pub(super) async fn run(self, url: &str, stop: &Stop) {
        let Self { source, folder, cloud, sandbox, home, offer, balancers } = self;
        for (address, balancer) in &balancers {
            let port = balancer.place().port;
            note(format_args!("{}, port {port}: {}", visible(address), paint(BOLD, balancer.url())));
        }
        let urls = balancers.iter().map(|(_, balancer)| {
            let BalancerPort { name, port, .. } = balancer.place();
            (format!("{name}:{port}"), balancer.url())
        });
        let services: Vec<HostedService> = offer.services.iter().map(|(service, _)| service.clone()).collect();
        let hosting = Hosting {
            services: services.iter().map(|service| service.key.clone()).collect(),
            balancers: urls.collect(),
        };
        let own = |service: &HostedService| {
            let agreed = offer.services.iter().find(|(agreed, _)| agreed == service).map(|(_, own)| own.clone());
            let offered = self::offer(&cloud, source, &folder);
            let key = service.key.clone();
            async move {
                let agreed = agreed.ok_or_else(|| NotOwn::Never("nobody has agreed to it".to_owned()))?;
                let now = offered.await.map_err(|error| NotOwn::NotYet(error.message))?;
                let now = now.services.into_iter().find(|(service, _)| service.key == key);
                let (_, now) = now.ok_or_else(|| NotOwn::NotYet("the lab doesn't offer it now".to_owned()))?;
                // What the file leaves to be filled in may have been, but never in what was agreed to.
                match now.local.command == agreed.local.command {
                    true => Ok(Own { container: now.container, local: agreed.local }),
                    false => Err(NotOwn::Never("it would run another command than the one that was shown".to_owned())),
                }
            }
            .boxed_local()
        };
        let tell = |address: &str, words: &str| {
            note(format_args!("{}: {}", visible(address), visible(words)));
        };
        let host = Host {
            sandbox: &sandbox,
            region: source.region(),
            name: source.name(),
            url,
            home: &home,
            hosting: &hosting,
            services: &services,
            own: &own,
            tell: &tell,
        };
        let fronts = balancers.into_iter().map(|(address, balancer)| {
            let port = balancer.place().port;
            balancer.run(stop.token(), move |passed| {
                note(format_args!("{}:{port} {} {}", visible(&address), visible(&passed.what), passed.status));
            })
        });
        tokio::join!(run_services(&host, stop.token()), join_all(fronts));
    }
}

/// Reads what the lab offers to run, over the account as it is.
async fn offer(cloud: &Cloud, source: &Source, folder: &Path) -> Result<Offer, Error> {
    let reading = live::read(cloud, source, Sources::new(), Evidence::Index).await?;
    let (lab, others) = (&reading.lab, plan::plan(&reading.lab, &reading.live, &Scope::all())?.others);
    let mut offer = Offer { services: Vec::new(), others: Vec::new(), ports: Vec::new() };
    let mut taken = BTreeMap::new();
    for node in lab.nodes.values().filter(|node| !node.is_looked_up()) {
        if node.kind.kind() == Service::KIND {
            match service(lab, node, &others, folder, &mut taken) {
                Ok(found) => offer.services.push(found),
                Err(why) => offer.others.push((node.address.clone(), why)),
            }
        }
        offer.ports.extend(balancer_port(lab, node, &others));
    }
    Ok(offer)
}

/// What a service would run; `taken` are the ports of those before it.
fn service(
    lab: &Lab,
    node: &Node,
    others: &Others,
    folder: &Path,
    taken: &mut BTreeMap<u16, Address>,
) -> Result<(HostedService, Own), String> {
    let spec = node.resolve(others).map_err(|errors| errors.to_string())?;
    let service = as_spec::<Service>(&spec).expect("the node is a service");
    let cluster = others.name(&service.cluster).now().filter(|_| !lab.is_adrift(node));
    let cluster = cluster.ok_or("what it stands in isn't there")?;
    let definition = lab.nodes.get(&service.task_definition.address()).ok_or("its task definition isn't the lab's")?;
    let spec = definition.resolve(others).map_err(|errors| errors.to_string())?;
    let definition = as_spec::<TaskDefinition>(&spec).ok_or("its task definition isn't the lab's")?;
    let document = Value::Object(ecs_body(definition));
    let container = document["containerDefinitions"][0].clone();
    let source = image_source(lab, others, folder, &container["image"]);
    let local = local(&document, &Value::Null, &source).map_err(|error| error.message)?;
    let run = ["command", "entryPoint", "workingDirectory"].map(|field| canonical(&container[field])).concat();
    if run.contains(AFTER_APPLY) {
        return Err("its command is known only after `labform apply`".to_owned());
    }
    let own = Own { container, local };
    if let Some((port, other)) = own.ports().iter().find_map(|port| Some((port, taken.get(port)?))) {
        return Err(format!("{other} listens on port {port} of this computer, too"));
    }
    taken.extend(own.ports().into_iter().map(|port| (port, node.address.clone())));
    let hosted = HostedService { key: format!("{cluster}/{}", node.name), address: node.address.to_string() };
    Ok((hosted, own))
}

/// The port of a load balancer that is a listener of HTTP.
fn balancer_port(lab: &Lab, node: &Node, others: &Others) -> Option<(Address, BalancerPort)> {
    let listener = as_spec::<Listener>(&node.spec)?;
    let balancer = listener.load_balancer_arn.address();
    if !["HTTP", "HTTPS"].contains(&listener.protocol.as_str()) || lab.nodes.get(&balancer)?.is_looked_up() {
        return None;
    }
    let place = BalancerPort {
        region: lab.place.region.clone(),
        name: others.name(&listener.load_balancer_arn).now()?,
        port: u16::try_from(listener.port).ok()?,
        protocol: listener.protocol.clone(),
    };
    Some((balancer, place))
}

/// Takes a port of this computer for each port of a load balancer.
async fn bind(offer: &Offer, sandbox: &Sandbox) -> Result<Vec<(Address, Balancer)>> {
    let taken: BTreeSet<u16> = offer.services.iter().flat_map(|(_, own)| own.ports()).collect();
    let mut balancers = Vec::new();
    for (address, place) in &offer.ports {
        let mut near = ABOVE.iter().filter_map(|above| place.port.checked_add(*above));
        let wanted = near.find(|port| !taken.contains(port)).unwrap_or(0);
        let bound = Balancer::bind(sandbox.clone(), place.clone(), wanted).await;
        let bound = bound.map_err(|error| Error::failed(format!("{address}: no port on 127.0.0.1: {error}")))?;
        balancers.push((address.clone(), bound));
    }
    let ports = |name: &str| -> BTreeMap<u16, u16> {
        let same = balancers.iter().filter(|(_, balancer)| balancer.place().name == name);
        same.map(|(_, balancer)| (balancer.place().port, balancer.port())).collect()
    };
    let all: Vec<BTreeMap<u16, u16>> = balancers.iter().map(|(_, balancer)| ports(&balancer.place().name)).collect();
    let known = balancers.into_iter().zip(all);
    Ok(known.map(|((address, balancer), ports)| (address, balancer.with_others(ports))).collect())
}

impl Offer {
    /// The lines that say all that would run.
    fn shown(&self) -> impl Iterator<Item = String> {
        let listens = self.services.iter().any(|(_, own)| !own.ports().is_empty());
        let warning = listens.then(|| {
            "A program that listens beyond 127.0.0.1 is open to this computer's network, at its own port.".to_owned()
        });
        self.services.iter().flat_map(|(service, own)| shown(service, own)).chain(warning)
    }
}

/// The lines that say what a service would run.
fn shown(service: &HostedService, own: &Own) -> impl Iterator<Item = String> {
    let ports: Vec<String> = own.ports().iter().map(u16::to_string).collect();
    let folder = quoted(&own.local.directory.display().to_string());
    let variables = variables(&own.container);
    let place = match ports.is_empty() {
        true => format!("    in {folder}"),
        false => format!("    in {folder}, port {}", ports.join(", ")),
    };
    let command = format!("{}: {}", visible(&service.address), paint(BOLD, own.local.line()));
    let with = (!variables.is_empty()).then(|| format!("    with {}", variables.join(" ")));
    [command, place].into_iter().chain(with)
}

/// The variables of a container as a shell takes them, without the values of those that hold secrets.
fn variables(container: &Value) -> Vec<String> {
    let of = |list: &str| container[list].as_array().cloned().unwrap_or_default().into_iter();
    let text = |one: &Value, field: &str| one[field].as_str().unwrap_or_default().to_owned();
    let open = of("environment").map(|one| {
        let (name, value) = (text(&one, "name"), text(&one, "value"));
        match gives_away(&name, &value) {
            true => format!("{}={HIDDEN}", quoted(&name)),
            false => format!("{}={}", quoted(&name), quoted(&value)),
        }
    });
    open.chain(of("secrets").map(|one| format!("{}={HIDDEN}", quoted(&text(&one, "name"))))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::local::Local;

    #[test]
    fn all_that_decides_what_runs_is_shown_and_no_secret() {
        let own = |container: Value, command: &[&str]| {
            let command = command.iter().map(|word| (*word).to_owned()).collect();
            Own { container, local: Local { command, directory: "/lab/web app".into() } }
        };
        let hosted = |name: &str| HostedService { key: format!("main/{name}"), address: format!("service.{name}") };
        let web = json!({
            "portMappings": [{ "containerPort": 3000 }],
            "environment": [
                { "name": "PORT", "value": "3000" }, { "name": "NODE_OPTIONS", "value": "--require ./a.js\n" },
                { "name": "DB_PASSWORD", "value": "hunter2-staple" }, { "name": "EMPTY", "value": "" },
            ],
            "secrets": [{ "name": "API_KEY", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key" }],
        });
        let services = vec![
            (hosted("web"), own(web, &["sh", "-c", "node server.js"])),
            (hosted("worker"), own(json!({}), &["worker"])),
        ];
        let mut offer = Offer { services, others: Vec::new(), ports: Vec::new() };
        let shown: Vec<String> = offer.shown().map(|line| anstream::adapter::strip_str(&line).to_string()).collect();
        assert_eq!(
            shown,
            [
                "service.web: sh -c 'node server.js'",
                "    in '/lab/web app', port 3000",
                "    with PORT=3000 NODE_OPTIONS=$'--require ./a.js\\n' DB_PASSWORD=(not shown) EMPTY='' API_KEY=(not shown)",
                "service.worker: worker",
                "    in '/lab/web app'",
                "A program that listens beyond 127.0.0.1 is open to this computer's network, at its own port.",
            ]
        );
        offer.services.remove(0);
        assert_eq!(offer.shown().count(), 2);
    }
}
