//! All that an account of moto's holds, read with a few calls: a crash sweep looks hundreds of times, which takes the
//! AWS CLI ten times as long.

use roxmltree::{Document, Node};
use serde_json::Value;

use crate::lives::{self, Life};
use crate::loopback::{self, Message};

/// The services that answer in XML: their words in the AWS CLI and in signatures, and the version of the API; Amazon S3
/// takes none, and lists its buckets to whoever gets its root.
const XML: [(&str, &str, &str); 5] = [
    ("ec2", "ec2", "2016-11-15"),
    ("elbv2", "elasticloadbalancing", "2015-12-01"),
    ("iam", "iam", "2010-05-08"),
    ("s3api", "s3", ""),
    ("sns", "sns", "2010-03-31"),
];

/// The lists of the services that have an address for each operation, by the operation.
const REST: [(&str, &str); 3] = [
    ("DescribeAccessPoints", "GET /2015-02-01/access-points"),
    ("DescribeFileSystems", "GET /2015-02-01/file-systems"),
    ("ListScheduleGroups", "GET /schedule-groups"),
];

/// The services that are called otherwise in signatures than by the AWS CLI.
const SIGNED: [(&str, &str); 2] = [("cloudwatch", "monitoring"), ("efs", "elasticfilesystem")];

/// A list of objects in the AWS CLI's words, as in `ec2 describe-vpcs --query Vpcs[].Tags[].Value`.
struct List<'w> {
    service: &'w str,
    /// The operation in the API's words, as in `DescribeVpcs`.
    operation: String,
    /// The filter of Amazon EC2's, and its value.
    filter: Option<(&'w str, &'w str)>,
    /// The member that holds the objects.
    objects: &'w str,
    /// The member and the value of what isn't there any more.
    gone: Option<(&'w str, &'w str)>,
    /// The member of each object that holds its name: all values of its tags if it has none.
    name: &'w str,
}

impl<'w> List<'w> {
    /// Reads the words by which a life lists its kind; none if ECS is asked, which lists ARNs.
    fn of(words: &'w str) -> Option<Self> {
        let (asked, query) = words.split_once(" --query ")?;
        let mut asked = asked.split(' ');
        let (service, operation) = (asked.next()?, asked.next()?);
        if service == "ecs" {
            return None;
        }
        let filter = asked.nth(1).and_then(|filter| filter.strip_prefix("Name=")?.split_once(",Values="));
        let (objects, rest) = query.split_once('[').expect("a list of objects");
        let (condition, name) = rest.split_once("].").expect("a list of objects with names");
        let gone = condition.strip_prefix('?').and_then(|is| is.split_once("!="));
        let gone = gone.map(|(member, value)| (member, value.trim_matches('\'')));
        let words = operation.split('-').flat_map(|word| [word[..1].to_uppercase(), word[1..].to_owned()]);
        Some(Self { service, operation: words.collect(), filter, objects, gone, name })
    }
}

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
        // Other lives of a kind list the same objects.
        let lives = lives::all().into_iter().filter(|life| life.word == life.kind.to_lowercase());
        let mut found: Vec<(String, String)> = lives.flat_map(|life| self.listed(&life)).collect();
        let balancers: Vec<(String, String)> = found
            .iter()
            .filter_map(|(name, object)| {
                let arn = object.split_once("<LoadBalancerArn>")?.1.split_once('<')?.0;
                Some((name.strip_prefix("loadBalancer ")?.to_owned(), arn.to_owned()))
            })
            .collect();
        for (name, arn) in balancers {
            let list = List::of("elbv2 describe-listeners --query Listeners[].Port").expect("it is one");
            found.extend(self.xml(&format!("listener {name}"), &list, &format!("&LoadBalancerArn={arn}")));
        }
        // AWS makes these for itself, once in an account or in a region.
        found.retain(|(name, _)| !name.starts_with("role AWSServiceRoleFor") && name != "schedule default");
        found.extend(self.ecs());
        found
    }

    /// What is asked as the life of its kind says it in the AWS CLI's words.
    fn listed(&self, life: &Life) -> Vec<(String, String)> {
        let words: Option<String> = life.part("listed");
        let Some(list) = words.as_deref().and_then(List::of) else { return Vec::new() };
        if XML.iter().any(|(word, ..)| *word == list.service) {
            return self.xml(life.kind, &list, "");
        }
        let signed = SIGNED.iter().find(|(word, _)| *word == list.service).map_or(list.service, |(_, signed)| signed);
        let answer = match REST.iter().find(|(operation, _)| **operation == list.operation) {
            Some((_, line)) => serde_json::from_str(&self.ask(signed, line, &[], "")).expect("moto writes JSON"),
            None => self.json(signed, &list.operation, &Value::Null),
        };
        named(life.kind, &answer[list.objects], list.name)
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

    /// The objects of a list that is asked for with `more` parameters.
    fn xml(&self, kind: &str, list: &List<'_>, more: &str) -> Vec<(String, String)> {
        let row = XML.iter().find(|(word, ..)| *word == list.service);
        let (_, service, version) = row.expect("a service that answers in XML");
        let answer = if version.is_empty() {
            self.ask(service, "GET /", &[], "")
        } else {
            let form = [("content-type", "application/x-www-form-urlencoded")];
            let filter = list.filter.map(|(name, value)| format!("&Filter.1.Name={name}&Filter.1.Value.1={value}"));
            let filter = filter.unwrap_or_default();
            self.ask(service, "POST /", &form, &format!("Action={}&Version={version}{filter}{more}", list.operation))
        };
        let document = Document::parse(&answer).expect("moto writes XML");
        let root = document.root_element();
        // Amazon EC2 has a name of its own for the list, which is all that an answer holds.
        let objects = root.descendants().find(|one| one.tag_name().name() == list.objects);
        let objects = objects.or_else(|| root.children().find(|one| one.children().any(|item| item.is_element())));
        let objects = objects.into_iter().flat_map(|list| list.children()).filter(Node::is_element);
        let is_gone = |object: &Node<'_, '_>| {
            list.gone.is_some_and(|(member, value)| texts(*object, member).iter().any(|text| text == value))
        };
        objects
            .filter(|object| !is_gone(object))
            .map(|object| (format!("{kind} {}", texts(object, list.name).join(" ")), answer[object.range()].to_owned()))
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
        let answer = self.ask(service, "POST /", &headers, &body);
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{operation}: {error}: {answer}"))
    }

    /// moto doesn't look at signatures, only at what they are for.
    fn ask(&self, service: &str, line: &str, headers: &[(&str, &str)], body: &str) -> String {
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
            first: format!("{line} HTTP/1.1"),
            headers: own.iter().chain(headers).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
        };
        let answer = loopback::forward(&request, &self.server).expect("moto answers");
        String::from_utf8_lossy(&answer.body).into_owned()
    }
}

/// The texts at a path of members, as in `Tags[].Value`, sorted. Amazon EC2 begins its words in lower case, and lists are
/// sets there: `tagSet`.
fn texts(object: Node<'_, '_>, path: &str) -> Vec<String> {
    let mut found = vec![object];
    for member in path.split('.') {
        let (name, is_list) = member.strip_suffix("[]").map_or((member, false), |name| (name, true));
        let lower = name[..1].to_lowercase() + &name[1..];
        let set = format!("{}Set", lower.trim_end_matches('s'));
        let is_it = |one: &Node<'_, '_>| {
            let word = one.tag_name().name();
            word == name || word == lower || (is_list && word == set)
        };
        found = found.into_iter().flat_map(|one| one.children().filter(is_it).collect::<Vec<_>>()).collect();
        if is_list {
            let items = found.into_iter().flat_map(|one| one.children().filter(Node::is_element).collect::<Vec<_>>());
            found = items.collect();
        }
    }
    let mut texts: Vec<String> = found.iter().filter_map(Node::text).map(str::to_owned).collect();
    texts.sort();
    texts
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
