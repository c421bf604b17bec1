//! All that an account of moto's holds, read with a few calls: a crash sweep looks hundreds of times, which takes the
//! AWS CLI ten times as long.

use serde_json::Value;

use crate::lives::{self, Life};
use crate::loopback::{self, Message};

/// What is asked in XML: the kind, the service it is signed for, the request, the elements that are objects, and the
/// element of each that holds its name.
const XML: [(&str, &str, &str, &str, &str); 5] = [
    ("bucket", "s3", "", "Buckets", "Name"),
    ("role", "iam", "Action=ListRoles&Version=2010-05-08", "Roles", "RoleName"),
    ("securityGroup", "ec2", "Action=DescribeSecurityGroups&Version=2016-11-15", "securityGroupInfo", "groupName"),
    (
        "targetGroup",
        "elasticloadbalancing",
        "Action=DescribeTargetGroups&Version=2015-12-01",
        "TargetGroups",
        "TargetGroupName",
    ),
    (
        "loadBalancer",
        "elasticloadbalancing",
        "Action=DescribeLoadBalancers&Version=2015-12-01",
        "LoadBalancers",
        "LoadBalancerName",
    ),
];

/// An account of a moto server, in one region.
pub(crate) struct Moto {
    pub(crate) server: String,
    pub(crate) account: &'static str,
    pub(crate) region: &'static str,
}

impl Moto {
    /// Every object: its kind and name, as in `role ecs-lab-task`, and how moto describes it. Tombstones are left out:
    /// inactive clusters, services and task definitions, which AWS keeps and nobody pays for.
    pub(crate) fn objects(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (kind, service, request, list, name) in XML {
            found.extend(self.xml(kind, service, request, list, name));
        }
        let balancers: Vec<(String, String)> = found
            .iter()
            .filter_map(|(name, object)| {
                let arn = object.split_once("<LoadBalancerArn>")?.1.split_once('<')?.0;
                Some((name.strip_prefix("loadBalancer ")?.to_owned(), arn.to_owned()))
            })
            .collect();
        for (name, arn) in balancers {
            let request = format!("Action=DescribeListeners&Version=2015-12-01&LoadBalancerArn={arn}");
            let kind = format!("listener {name}");
            found.extend(self.xml(&kind, "elasticloadbalancing", &request, "Listeners", "Port"));
        }
        // AWS makes these for itself, once in an account.
        found.retain(|(name, _)| !name.starts_with("role AWSServiceRoleFor"));
        for life in lives::all().iter().filter(|life| XML.iter().all(|(kind, ..)| *kind != life.kind)) {
            found.extend(self.listed(life));
        }
        found.extend(self.ecs());
        found
    }

    /// What is asked in JSON, as the life of its kind says it in the AWS CLI's words.
    fn listed(&self, life: &Life) -> Vec<(String, String)> {
        let words: String = life.part("listed");
        let [service, operation, "--query", query] = words.split(' ').collect::<Vec<_>>()[..] else {
            return Vec::new();
        };
        // Amazon EC2 answers in XML: of its kinds the table above has those that Lab 8 makes.
        if service == "ec2" {
            return Vec::new();
        }
        let (list, name) = query.split_once("[].").expect("a list of objects with names");
        let operation: String =
            operation.split('-').flat_map(|word| [word[..1].to_uppercase(), word[1..].to_owned()]).collect();
        named(life.kind, &self.json(service, &operation, &Value::Null)[list], name)
    }

    fn ecs(&self) -> Vec<(String, String)> {
        let ask = |operation: &str, body: Value| self.json("ecs", operation, &body);
        let mut found = Vec::new();
        let active = serde_json::json!({ "status": "ACTIVE" });
        let definitions = ask("ListTaskDefinitions", active);
        for arn in strings(&definitions["taskDefinitionArns"]) {
            let family = arn.rsplit('/').next().and_then(|last| last.split(':').next());
            found.push((format!("taskDefinition {}", family.unwrap_or(arn)), arn.to_owned()));
        }
        let clusters = ask("ListClusters", Value::Null);
        for cluster in strings(&clusters["clusterArns"]) {
            let described = ask("DescribeClusters", serde_json::json!({ "clusters": [cluster], "include": ["TAGS"] }));
            found.extend(named("cluster", &described["clusters"], "clusterName"));
            let services = ask("ListServices", serde_json::json!({ "cluster": cluster }));
            for service in strings(&services["serviceArns"]) {
                // moto leaves the tags out for everybody who asks while one who doesn't want them is answered.
                let body = serde_json::json!({ "cluster": cluster, "services": [service], "include": ["TAGS"] });
                found.extend(named("service", &ask("DescribeServices", body)["services"], "serviceName"));
            }
        }
        found
    }

    fn xml(&self, kind: &str, service: &str, request: &str, list: &str, name: &str) -> Vec<(String, String)> {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let method = if request.is_empty() { "GET" } else { "POST" };
        let answer = self.ask(service, method, &form, request);
        let document = roxmltree::Document::parse(&answer).expect("moto writes XML");
        let objects = document
            .descendants()
            .find(|element| element.tag_name().name() == list)
            .map(|list| list.children().filter(roxmltree::Node::is_element).collect::<Vec<_>>());
        let objects = objects.unwrap_or_default().into_iter();
        objects
            .map(|object| {
                let mut children = object.children();
                let name = children.find(|child| child.tag_name().name() == name);
                let name = name.and_then(|name| name.text()).unwrap_or_default();
                (format!("{kind} {name}"), answer[object.range()].to_owned())
            })
            .collect()
    }

    /// moto looks at the operation alone, whatever stands before it.
    fn json(&self, service: &str, operation: &str, body: &Value) -> Value {
        let target = format!("{service}.{operation}");
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", &target)];
        let body = match body {
            Value::Null => "{}".to_owned(),
            body => body.to_string(),
        };
        let answer = self.ask(service, "POST", &headers, &body);
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{operation}: {error}: {answer}"))
    }

    /// moto doesn't look at signatures, only at what they are for.
    fn ask(&self, service: &str, method: &str, headers: &[(&str, &str)], body: &str) -> String {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.region
        );
        let own = [
            ("host", self.server.trim_start_matches("http://")),
            ("authorization", &scope),
            ("x-moto-account-id", self.account),
            ("content-length", &body.len().to_string()),
        ];
        let request = Message {
            first: format!("{method} / HTTP/1.1"),
            headers: own.iter().chain(headers).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
        };
        let answer = loopback::forward(&request, &self.server).expect("moto answers");
        String::from_utf8_lossy(&answer.body).into_owned()
    }
}

/// The active ones of a list, by name.
fn named(kind: &str, list: &Value, name: &str) -> Vec<(String, String)> {
    let objects = list.as_array().into_iter().flatten();
    objects
        .filter(|object| object["status"] != "INACTIVE")
        .map(|object| {
            let name = object[name].as_str().unwrap_or_default();
            (format!("{kind} {name}"), object.to_string())
        })
        .collect()
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
