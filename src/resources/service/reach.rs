//! Who reaches a service's tasks, and what they reach, as far as the lab's own groups and networks tell.
//!
//! Knows: the ways between service, target group, listener and its rules, load balancer and security groups. Must not know: live objects.

use std::collections::BTreeSet;

use super::{NetworkConfiguration, Service, ServiceLoadBalancer};
use crate::model::Address;
use crate::resource::{Checks, Problem, Ref};
use crate::resources::listener_rule::forwarding;
use crate::resources::security_group::From;
use crate::resources::task_definition::Switch;
use crate::resources::vpc::is_looked_up;
use crate::resources::{LoadBalancer, SecurityGroup, TargetGroup};

/// The field of a service's security groups.
const GROUPS: &str = "networkConfiguration.awsvpcConfiguration.securityGroups";

/// Returns the ports of a service's containers that its load balancers can't reach.
pub(super) fn port_problems(service: &Service, checks: &Checks<'_>) -> Vec<Problem> {
    let Some(network) = &service.network_configuration else { return Vec::new() };
    let own = network.awsvpc_configuration.security_groups.as_deref();
    let balancers = service.load_balancers.iter().flatten();
    let asked = balancers.flat_map(|balancer| asked_by(balancer, checks));
    let mut problems: Vec<Problem> = asked.filter_map(|asked| unreachable(own, &asked, checks)).collect();
    problems.dedup();
    problems
}

/// A port that a load balancer asks.
struct Asked<'a> {
    protocol: &'static str,
    port: i32,
    what: &'static str,
    balancer: Address,
    spec: &'a LoadBalancer,
    /// Whether clients of the internet come through with their own addresses.
    shows_clients: bool,
}

/// The ports that are asked of a container, by each load balancer that forwards to it.
fn asked_by<'a>(balancer: &ServiceLoadBalancer, checks: &Checks<'a>) -> Vec<Asked<'a>> {
    let reference: &Ref<TargetGroup> = &balancer.target_group_arn;
    let (port, group) = (balancer.container_port, checks.get(reference));
    let protocols = match group.and_then(|group| group.protocol.as_deref()) {
        Some("UDP") => &["udp"][..],
        Some("TCP_UDP") => &["tcp", "udp"],
        _ => &["tcp"],
    };
    let ports = protocols.iter().map(|protocol| (*protocol, port, "the container's port"));
    let check = group.and_then(|group| group.health_check_port.as_deref()?.parse().ok()).unwrap_or(port);
    let check = Some(("tcp", check, "the health check's port"));
    let check = check.filter(|(protocol, check, _)| *check != port || !protocols.contains(protocol));
    let ports: Vec<_> = ports.chain(check).collect();
    let preserves = group.is_some_and(TargetGroup::preserves_client_ip);
    let balancers: BTreeSet<&str> = forwarding(checks, reference)
        .iter()
        .filter_map(|(_, balancer)| Some(balancer.as_ref()?.name.as_str()))
        .collect();
    let asking =
        balancers.into_iter().map(Ref::<LoadBalancer>::new).filter_map(|one| Some((one.address(), checks.get(&one)?)));
    let asked = asking.flat_map(|(balancer, spec)| {
        let is_public = spec.is_network() && spec.scheme.as_deref() != Some("internal");
        ports.clone().into_iter().map(move |(protocol, port, what)| Asked {
            shows_clients: is_public && preserves && what == "the container's port",
            balancer: balancer.clone(),
            protocol,
            port,
            what,
            spec,
        })
    });
    asked.collect()
}

fn unreachable(own: Option<&[Ref<SecurityGroup>]>, asked: &Asked<'_>, checks: &Checks<'_>) -> Option<Problem> {
    let Asked { protocol, port, what, balancer, spec, shows_clients } = asked;
    let theirs: Vec<String> = spec.security_groups.iter().flatten().map(|group| group.name.clone()).collect();
    let message = format!("{balancer} can't reach {what}, {port}");
    let Some(own) = own.filter(|own| !own.is_empty()) else {
        // The default group of a VPC admits its own members alone, unless somebody changed it.
        let problem = Problem::at(GROUPS, format!("{message}: the tasks have the VPC's default security group"));
        let hint = "name a group in `securityGroups` that lets the load balancer in";
        return (!theirs.is_empty() || spec.is_network()).then(|| problem.hint(hint).warning());
    };
    let specs: Vec<&SecurityGroup> = own.iter().filter_map(|group| checks.get(group)).collect();
    let lets_in = |from: From<'_>| specs.iter().any(|group| group.lets_in(protocol, *port, from));
    let names: Vec<&str> = own.iter().map(|group| group.name.as_str()).collect();
    // Whoever comes through a load balancer that has groups is known by these.
    let wants_clients = *shows_clients && theirs.is_empty();
    let is_known = specs.len() == own.len();
    let rule = |from: &str| format!("{{ ipProtocol: {protocol}, fromPort: {port}, toPort: {port}, {from} }}");
    let add = |from: &str| format!("add to ipPermissions of `{}`: {}", names[0], rule(from));
    if !is_known || lets_in(From::Members(&theirs)) && (!wants_clients || lets_in(From::Clients)) {
        return None;
    }
    let problem = match (wants_clients, theirs.first()) {
        (true, _) => Problem::at(
            GROUPS,
            format!(
                "clients can't reach {what}, {port}: they come through {balancer} with their own addresses, which \
                     `{}` doesn't let in",
                names.join("`, `")
            ),
        )
        .hint(add("ipRanges: [{ cidrIp: 0.0.0.0/0 }]")),
        (false, first) => {
            let problem = Problem::at(GROUPS, format!("{message}: `{}` doesn't let it in", names.join("`, `")));
            match first {
                Some(first) => problem.hint(add(&format!("userIdGroupPairs: [{{ groupId: {first} }}]"))),
                None if spec.is_network() => {
                    problem.hint(format!("let in the addresses of its subnets: {}", add("ipRanges: [{ cidrIp: … }]")))
                }
                None => problem.hint(format!("give {balancer} a security group, and let that in")),
            }
        }
    };
    // Rules that the lab doesn't give may be there all the same.
    let is_certain = specs.iter().all(|group| group.gives_what_comes_in());
    Some(if is_certain { problem } else { problem.warning() })
}

impl NetworkConfiguration {
    /// Returns a word on tasks on Fargate that have no public address in the default VPC, whose subnets have no NAT
    /// gateway unless somebody made one ("Default VPCs", Amazon VPC user guide).
    pub(crate) fn private_problem(&self, checks: &Checks<'_>) -> Option<Problem> {
        let network = &self.awsvpc_configuration;
        let is_private = !matches!(network.assign_public_ip, Some(Switch::Enabled));
        let in_default = checks.is_in_default_vpc() && is_looked_up(network.subnets.as_deref());
        let message =
            "the tasks have no public addresses, and the default VPC has no NAT gateway: they can't pull their images";
        let problem = || Problem::at("networkConfiguration.awsvpcConfiguration.assignPublicIp", message);
        (is_private && in_default).then(|| problem().hint("write `assignPublicIp: ENABLED`").warning())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::resource::{AnySpec, Resource, Severity};
    use crate::resources::{Listener, ListenerRule};

    fn add<R: Resource>(specs: &mut BTreeMap<Address, AnySpec>, name: &str, section: Value) {
        let spec: R = serde_json::from_value(section).unwrap();
        specs.insert(Address::new(R::KIND, name), Arc::new(spec));
    }

    /// What is found where the tasks' group has these rules, and the target group's checks ask this port.
    fn found(rules: &Value, check: &Value, groups: &Value) -> Vec<(String, Severity)> {
        let by_listener = found_by("listener", rules, check, groups);
        assert_eq!(by_listener, found_by("rule", rules, check, groups));
        by_listener
    }

    /// What is found where a network load balancer forwards over this protocol.
    fn found_behind(protocol: &str, balancer: Value, rules: &Value) -> Vec<(String, Severity)> {
        let mut specs = BTreeMap::new();
        add::<SecurityGroup>(&mut specs, "nlb", json!({}));
        add::<SecurityGroup>(&mut specs, "tasks", json!({"ipPermissions": rules}));
        add::<TargetGroup>(&mut specs, "web", json!({"protocol": protocol, "port": 53, "targetType": "ip"}));
        add::<LoadBalancer>(&mut specs, "web", balancer);
        let listener = json!({"loadBalancerArn": "web", "protocol": protocol, "port": 53,
            "defaultActions": [{"type": "forward", "targetGroupArn": "web"}]});
        add::<Listener>(&mut specs, "web", listener);
        told(&specs, &json!(["tasks"]))
    }

    fn found_by(way: &str, rules: &Value, check: &Value, groups: &Value) -> Vec<(String, Severity)> {
        let mut specs = BTreeMap::new();
        add::<SecurityGroup>(&mut specs, "alb", json!({}));
        add::<SecurityGroup>(&mut specs, "tasks", json!({"ipPermissions": rules}));
        let group = json!({"protocol": "HTTP", "port": 80, "targetType": "ip", "healthCheckPort": check});
        add::<TargetGroup>(&mut specs, "web", group);
        add::<LoadBalancer>(&mut specs, "web", json!({"securityGroups": ["alb"]}));
        let action = json!([{"type": "forward", "targetGroupArn": "web"}]);
        let answer = json!([{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}]);
        let default = if way == "listener" { &action } else { &answer };
        let listener = json!({"loadBalancerArn": "web", "protocol": "HTTP", "port": 80, "defaultActions": default});
        add::<Listener>(&mut specs, "web", listener);
        if way == "rule" {
            let conditions = json!([{"field": "path-pattern", "values": ["/"]}]);
            let rule = json!({"listener": "web", "priority": 1, "conditions": conditions, "actions": action});
            add::<ListenerRule>(&mut specs, "web", rule);
        }
        told(&specs, groups)
    }

    fn told(specs: &BTreeMap<Address, AnySpec>, groups: &Value) -> Vec<(String, Severity)> {
        let service: Service = serde_json::from_value(json!({
            "cluster": "main", "taskDefinition": "web",
            "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": groups}},
            "loadBalancers": [{"targetGroupArn": "web", "containerName": "web", "containerPort": 3000}],
        }))
        .unwrap();
        let problems = port_problems(&service, &Checks::new(specs));
        problems.into_iter().map(|problem| (problem.message, problem.severity)).collect()
    }

    #[test]
    fn a_closed_port_is_found_whatever_closes_it() {
        let rule = |from: i32, to: i32, more: Value| {
            let mut rule = json!({"ipProtocol": "tcp", "fromPort": from, "toPort": to});
            rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([rule])
        };
        let alb = json!({"userIdGroupPairs": [{"groupId": "alb"}]});
        let itself = json!({"userIdGroupPairs": [{"groupId": "self"}]});
        let world = json!({"ipRanges": [{"cidrIp": "0.0.0.0/0"}]});
        let (tasks, none) = (json!(["tasks"]), Value::Null);
        let closed = "loadBalancer.web can't reach the container's port, 3000: `tasks` doesn't let it in";
        let checked = "loadBalancer.web can't reach the health check's port, 8080: `tasks` doesn't let it in";
        let default =
            "loadBalancer.web can't reach the container's port, 3000: the tasks have the VPC's default security group";
        let all = json!([{"ipProtocol": "-1", "userIdGroupPairs": [{"groupId": "alb"}]}]);
        for (rules, check, groups, expected) in [
            (rule(3000, 3000, alb.clone()), &none, &tasks, vec![]),
            (rule(3000, 3000, world), &none, &tasks, vec![]),
            (all, &none, &tasks, vec![]),
            (rule(1, 65535, alb.clone()), &json!("8080"), &tasks, vec![]),
            (rule(80, 80, alb.clone()), &none, &tasks, vec![(closed, Severity::Error)]),
            (rule(3000, 3000, itself), &none, &tasks, vec![(closed, Severity::Error)]),
            (rule(3000, 3000, alb.clone()), &json!("8080"), &tasks, vec![(checked, Severity::Error)]),
            (json!([]), &none, &tasks, vec![(closed, Severity::Error)]),
            (Value::Null, &none, &tasks, vec![(closed, Severity::Warning)]),
            (rule(3000, 3000, alb), &none, &none, vec![(default, Severity::Warning)]),
        ] {
            let told = found(&rules, check, groups);
            let told: Vec<_> = told.iter().map(|(message, severity)| (message.as_str(), *severity)).collect();
            assert_eq!(told, expected, "{rules} {check}");
        }
    }

    #[test]
    fn a_network_load_balancer_comes_in_by_its_groups_or_its_addresses() {
        let rule = |protocol: &str, from: Value| {
            let mut rule = json!({"ipProtocol": protocol, "fromPort": 3000, "toPort": 3000});
            rule.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
            rule
        };
        let (bare, grouped) = (json!({"type": "network"}), json!({"type": "network", "securityGroups": ["nlb"]}));
        let internal = json!({"type": "network", "scheme": "internal"});
        let by_group = json!({"userIdGroupPairs": [{"groupId": "nlb"}]});
        let within = json!({"ipRanges": [{"cidrIp": "10.0.0.0/16"}]});
        let everybody = json!({"ipRanges": [{"cidrIp": "0.0.0.0/0"}]});
        let closed = "loadBalancer.web can't reach the container's port, 3000: `tasks` doesn't let it in";
        let unchecked = "loadBalancer.web can't reach the health check's port, 3000: `tasks` doesn't let it in";
        let hidden = "clients can't reach the container's port, 3000: they come through loadBalancer.web with their own \
                      addresses, which `tasks` doesn't let in";
        for (protocol, balancer, rules, expected) in [
            ("TCP", &grouped, json!([rule("tcp", by_group.clone())]), vec![]),
            ("TCP", &bare, json!([rule("tcp", by_group.clone())]), vec![closed]),
            ("TCP", &bare, json!([rule("tcp", within.clone())]), vec![]),
            ("UDP", &grouped, json!([rule("udp", by_group.clone())]), vec![unchecked]),
            ("UDP", &grouped, json!([rule("udp", by_group.clone()), rule("tcp", by_group.clone())]), vec![]),
            ("UDP", &bare, json!([rule("udp", within.clone()), rule("tcp", within.clone())]), vec![hidden]),
            ("UDP", &internal, json!([rule("udp", within.clone()), rule("tcp", within.clone())]), vec![]),
            ("UDP", &bare, json!([rule("udp", everybody), rule("tcp", within.clone())]), vec![]),
            ("TCP_UDP", &grouped, json!([rule("tcp", by_group)]), vec![closed]),
        ] {
            let told = found_behind(protocol, balancer.clone(), &rules);
            let told: Vec<_> = told.iter().map(|(message, _)| message.as_str()).collect();
            assert_eq!(told, expected, "{protocol} {balancer} {rules}");
        }
    }

    #[test]
    fn private_tasks_have_no_way_out_of_the_default_vpc() {
        for (network, is_told) in [
            (json!({"assignPublicIp": "ENABLED"}), false),
            (json!({"assignPublicIp": "DISABLED"}), true),
            (json!({}), true),
            (json!({"subnets": ["eu-west-1a"]}), true),
            (json!({"subnets": ["subnet-1"]}), false),
        ] {
            let configuration = json!({"awsvpcConfiguration": network});
            let configuration: NetworkConfiguration = serde_json::from_value(configuration).unwrap();
            let told = configuration.private_problem(&Checks::new(&BTreeMap::new()));
            assert_eq!(told.map(|problem| problem.severity), is_told.then_some(Severity::Warning), "{network}");
        }
    }
}
