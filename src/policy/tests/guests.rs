//! The lives of labs that use what isn't theirs.

use super::life::{Calls, Life};
use super::lived;
use crate::cloud::CERTIFICATE_MANAGER;

const STUDENT: &str = include_str!("../../../examples/shared/student.yaml");
const TEACHER: &str = include_str!("../../../examples/shared/teacher.yaml");
const TWO_SERVICES: &str = include_str!("../../../examples/two-services.yaml");
/// What a class doesn't have of what may be looked up.
const KIT: &str = "lab: kit\nregion: eu-west-1\nvpc: default
buckets: { it: { bucket: kit-it } }
repositories: { it: {} }
logGroups: { it: {} }
secrets: { it: { generateSecretString: {} } }
parameters: { it: { name: /kit/it, type: String, value: it } }
targetGroups: { it: { protocol: HTTP, port: 80, targetType: ip } }
";
/// Labs that look an object of each kind up: by its name, and by the lab that it belongs to.
const GUESTS: [&str; 2] = [
    "lab: guest\nregion: eu-west-1\nvpc: default
existing:
  buckets: { a: { bucket: kit-it } }
  repositories: { a: { repositoryName: kit-it } }
  logGroups: { a: { logGroupName: kit-it } }
  secrets: { a: { name: kit-it } }
  parameters: { a: { name: /kit/it } }
  roles: { a: { roleName: course-execution } }
  securityGroups: { a: { groupName: course-tasks } }
  targetGroups: { a: { name: kit-it } }
  loadBalancers: { a: { name: course-class } }
  listeners: { a: { loadBalancerArn: course-class, port: 80 } }
  clusters: { a: { clusterName: course-class } }
",
    "lab: guest\nregion: eu-west-1\nvpc: default
existing:
  vpcs: { b: { lab: course, name: main } }
  subnets: { b: { lab: course, name: main.public-a } }
  buckets: { b: { lab: kit, name: it } }
  repositories: { b: { lab: kit, name: it } }
  logGroups: { b: { lab: kit, name: it } }
  secrets: { b: { lab: kit, name: it } }
  parameters: { b: { lab: kit, name: it } }
  roles: { b: { lab: course, name: execution } }
  securityGroups: { b: { lab: course, name: tasks } }
  targetGroups: { b: { lab: kit, name: it } }
  loadBalancers: { b: { lab: course, name: class } }
  listeners: { b: { lab: course, name: class.http } }
  clusters: { b: { lab: course, name: class } }
",
];

/// What each lab says, and the calls of its life.
pub(super) async fn lives() -> Vec<(Vec<String>, Calls)> {
    let mut lives = Vec::new();
    lives.push((vec![STUDENT.to_owned()], lived(furnished().await, STUDENT).await.calls));
    let more = TWO_SERVICES.replace("[{ certificateArn: www }]", "[{ certificateArn: www }, { certificateArn: api }]");
    let more = more.replace("certificates:\n", "certificates:\n  api: { domainName: api.example.com }\n");
    let mut life = lived(furnished().await, &more).await;
    for text in [TWO_SERVICES, &more, TWO_SERVICES] {
        life.apply(text).await;
    }
    lives.push((vec![more, TWO_SERVICES.to_owned()], life.calls));
    for text in GUESTS {
        lives.push((vec![text.to_owned()], life_of_a_guest(text).await.calls));
    }
    lives
}

/// An account in which others have what the labs look up: a class, a kit of what else there is, and a certificate.
async fn furnished() -> Life {
    let mut life = Life::new();
    for text in [TEACHER, KIT] {
        life.apply(text).await;
    }
    let cloud = life.cloud().await;
    for domain in ["www.example.com", "api.example.com"] {
        let asked = serde_json::json!({"DomainName": domain});
        cloud.call(&CERTIFICATE_MANAGER, "RequestCertificate", asked).await.unwrap();
    }
    life.calls.clear();
    life
}

async fn life_of_a_guest(text: &str) -> Life {
    let mut life = furnished().await;
    life.read(text).await;
    life.destroy(text).await;
    life
}
