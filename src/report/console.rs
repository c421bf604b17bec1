//! AWS's own pages: where its console shows an object of each kind.
//!
//! AWS documents none of these addresses; they are what its console itself links to, and what tools and runbooks that meet
//! it every day hold.

use std::fmt::Write as _;

/// The page of a kind's objects. In the address `{region}`, `{account}`, `{name}`, `{cluster}` and `{id}` are filled in;
/// `{name$}` and `{name%}` are the name as CloudWatch and Systems Manager want it.
struct Page {
    kind: &'static str,
    address: &'static str,
}

const fn page(kind: &'static str, address: &'static str) -> Page {
    Page { kind, address }
}

const PAGES: [Page; 33] = [
    page("accessPoint", "efs/home?region={region}#/access-points/{id}"),
    page("address", "ec2/home?region={region}#ElasticIpDetails:AllocationId={id}"),
    page("alarm", "cloudwatch/home?region={region}#alarmsV2:alarm/{name}"),
    page("bucket", "s3/buckets/{name}?region={region}"),
    page("certificate", "acm/home?region={region}#/certificates/{id/}"),
    page("cluster", "ecs/v2/clusters/{name}/services?region={region}"),
    page("dashboard", "cloudwatch/home?region={region}#dashboards/dashboard/{name}"),
    page("discoveryService", "cloudmap/home?region={region}#/services/{id/}"),
    page("fileSystem", "efs/home?region={region}#/file-systems/{id}"),
    page("image", "ecr/repositories/private/{account}/{name:}?region={region}"),
    page("internetGateway", "vpcconsole/home?region={region}#InternetGateway:internetGatewayId={id}"),
    page("job", "ecs/v2/clusters/{cluster}/tasks?region={region}"),
    page("listener", "ec2/home?region={region}#ELBListenerV2:listenerArn={id}"),
    page("listenerRule", "ec2/home?region={region}#ELBListenerV2:listenerArn={link}"),
    page("loadBalancer", "ec2/home?region={region}#LoadBalancer:loadBalancerArn={id}"),
    page("logGroup", "cloudwatch/home?region={region}#logsV2:log-groups/log-group/{name$}"),
    page("namespace", "cloudmap/home?region={region}#/namespaces/{id/}"),
    page("natGateway", "vpcconsole/home?region={region}#NatGatewayDetails:natGatewayId={id}"),
    page("parameter", "systems-manager/parameters/{name%}/description?region={region}"),
    page("repository", "ecr/repositories/private/{account}/{name}?region={region}"),
    page("role", "iam/home?region={region}#/roles/details/{name}"),
    page("routeTable", "vpcconsole/home?region={region}#RouteTableDetails:RouteTableId={id}"),
    page("schedule", "scheduler/home?region={region}#schedules/{name}/{name}"),
    page("secret", "secretsmanager/secret?name={name}&region={region}"),
    page("securityGroup", "ec2/home?region={region}#SecurityGroup:groupId={id}"),
    page("securityGroupRule", "ec2/home?region={region}#SecurityGroup:groupId={link}"),
    page("service", "ecs/v2/clusters/{cluster}/services/{name}/health?region={region}"),
    page("subnet", "vpcconsole/home?region={region}#SubnetDetails:subnetId={id}"),
    page("targetGroup", "ec2/home?region={region}#TargetGroup:targetGroupArn={id}"),
    page("taskDefinition", "ecs/v2/task-definitions/{name}?region={region}"),
    page("topic", "sns/v3/home?region={region}#/topic/{id}"),
    page("vpc", "vpcconsole/home?region={region}#VpcDetails:VpcId={id}"),
    page("vpcEndpoint", "vpcconsole/home?region={region}#EndpointDetails:vpcEndpointId={id}"),
];

/// The page at which the console begins.
const HOME: &str = "console/home?region={region}";

/// What an address is made of, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The region.
    pub region: String,
    /// The account's number.
    pub account: Option<String>,
    /// The object's name.
    pub name: String,
    /// The name of the cluster that the object stands in.
    pub cluster: Option<String>,
    /// The id or ARN by which others refer to the object.
    pub id: Option<String>,
    /// The id or ARN of the first thing that the object uses.
    pub link: Option<String>,
}

/// Returns the address of the page of an object of this kind, or of the console's beginning if there is no kind.
///
/// # Errors
/// The part that the address takes and that isn't known, by name; nothing if the kind has no page.
pub fn address(kind: Option<&str>, parts: &Parts) -> Result<String, Option<&'static str>> {
    let template = match kind {
        None => HOME,
        Some(kind) => PAGES.iter().find(|page| page.kind == kind).ok_or(None)?.address,
    };
    let mut filled = format!("https://{}.{}/", encoded(&parts.region), host(&parts.region));
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, after) = after.split_once('}').expect("each brace of the table is closed");
        filled.push_str(before);
        filled.push_str(&fill(hole, parts).map_err(Some)?);
        rest = after;
    }
    Ok(filled + rest)
}

fn fill(hole: &str, parts: &Parts) -> Result<String, &'static str> {
    let known = |part: &Option<String>, name| part.as_deref().map(encoded).ok_or(name);
    match hole {
        "region" => Ok(encoded(&parts.region)),
        "account" => known(&parts.account, "account"),
        "cluster" => known(&parts.cluster, "cluster"),
        "id" => known(&parts.id, "id"),
        "link" => known(&parts.link, "id"),
        // A certificate's page is named by the end of its ARN, and an image's by its repository.
        "id/" => parts.id.as_deref().map(|id| encoded(id.rsplit('/').next().unwrap_or(id))).ok_or("id"),
        "name:" => Ok(encoded(parts.name.rsplit_once(':').map_or(&parts.name, |(name, _)| name))),
        "name$" => Ok(whole(&whole(&parts.name)).replace('%', "$")),
        "name%" => Ok(whole(&whole(&parts.name))),
        _ => Ok(encoded(&parts.name)),
    }
}

/// The console's host in the partition of a region ("AWS GovCloud (US) compared to standard AWS Regions", and "Endpoints and
/// ARNs for Amazon Web Services in China").
fn host(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "console.amazonaws.cn",
        region if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    }
}

/// A text in an address, of which slashes and colons are left.
fn encoded(text: &str) -> String {
    escaped(text, "-._~/:")
}

/// A text in an address, of which no sign is left that means anything there (encodeURIComponent of ECMAScript).
fn whole(text: &str) -> String {
    escaped(text, "-._~!*'()")
}

fn escaped(text: &str, left: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || left.as_bytes().contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a text never fails.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::KINDS;
    use crate::spec::JOB;

    fn parts(region: &str, name: &str) -> Parts {
        Parts { region: region.to_owned(), name: name.to_owned(), ..Parts::default() }
    }

    #[test]
    fn each_kind_has_a_page() {
        let all = Parts {
            account: Some("1".to_owned()),
            cluster: Some("c".to_owned()),
            id: Some("i".to_owned()),
            link: Some("l".to_owned()),
            ..parts("eu-west-1", "n")
        };
        for kind in KINDS.iter().map(|kind| kind.kind()).chain([JOB, "certificate"]) {
            let address = address(Some(kind), &all).unwrap_or_else(|_| panic!("{kind} has no page"));
            assert!(!address.contains(['{', '}']), "{address}");
        }
        assert_eq!(address(Some("nothing"), &all), Err(None));
    }

    #[test]
    fn an_address_holds_what_is_known() {
        let known = Parts {
            account: Some("123456789012".to_owned()),
            cluster: Some("main".to_owned()),
            id: Some("arn:aws:acm:eu-west-1:1:certificate/0a-b".to_owned()),
            ..parts("eu-west-1", "/ecs/a b")
        };
        for (kind, expected) in [
            ("logGroup", "cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fecs$252Fa$2520b"),
            ("parameter", "systems-manager/parameters/%252Fecs%252Fa%2520b/description?region=eu-west-1"),
            ("secret", "secretsmanager/secret?name=/ecs/a%20b&region=eu-west-1"),
            ("certificate", "acm/home?region=eu-west-1#/certificates/0a-b"),
            ("service", "ecs/v2/clusters/main/services//ecs/a%20b/health?region=eu-west-1"),
        ] {
            assert_eq!(address(Some(kind), &known), Ok(format!("https://eu-west-1.console.aws.amazon.com/{expected}")));
        }
        let image = parts("eu-west-1", "lab/web:latest");
        assert_eq!(address(Some("image"), &image), Err(Some("account")));
        assert_eq!(address(Some("securityGroup"), &image), Err(Some("id")));
        let image = Parts { account: known.account, ..image };
        let page =
            "https://eu-west-1.console.aws.amazon.com/ecr/repositories/private/123456789012/lab/web?region=eu-west-1";
        assert_eq!(address(Some("image"), &image).as_deref(), Ok(page));
    }

    #[test]
    fn each_partition_has_a_console_of_its_own() {
        for (region, expected) in [
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/console/home?region=cn-north-1"),
            ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/console/home?region=us-gov-west-1"),
            ("eu-west-3", "https://eu-west-3.console.aws.amazon.com/console/home?region=eu-west-3"),
        ] {
            assert_eq!(address(None, &parts(region, "")).as_deref(), Ok(expected));
        }
    }
}
