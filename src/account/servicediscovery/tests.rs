use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::testing;

fn call(sandbox: &Sandbox, operation: &str, input: &Value) -> Result<Value, String> {
    testing::call(sandbox, "servicediscovery", operation, input)
}

fn vpc(sandbox: &Sandbox) -> String {
    let (_, answer) = testing::form(sandbox, "ec2", "DescribeVpcs", "Version=2016-11-15");
    answer.split_once("<vpcId>").unwrap().1.split_once('<').unwrap().0.to_owned()
}

/// Lets so many seconds pass.
fn pass(sandbox: &Sandbox, seconds: i64) {
    sandbox.advance(seconds * 1000).unwrap();
}

/// The status of an operation, and the id of the namespace that it is about.
fn status(sandbox: &Sandbox, begun: &Value) -> (String, String) {
    let now = call(sandbox, "GetOperation", begun).unwrap()["Operation"].take();
    (now["Status"].as_str().unwrap().to_owned(), now["Targets"]["NAMESPACE"].as_str().unwrap_or_default().to_owned())
}

fn names(sandbox: &Sandbox) -> Vec<String> {
    let all = call(sandbox, "ListNamespaces", &json!({})).unwrap();
    let all = all["Namespaces"].as_array().unwrap().iter();
    all.map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_namespace_takes_its_time_to_come_and_to_go() {
    let sandbox = Sandbox::in_memory();
    let asked = json!({"Name": "lab.internal", "Vpc": vpc(&sandbox), "CreatorRequestId": "a"});
    let begun = call(&sandbox, "CreatePrivateDnsNamespace", &asked).unwrap();
    assert_eq!(status(&sandbox, &begun).0, "SUBMITTED");
    assert_eq!(names(&sandbox), Vec::<String>::new());
    assert_eq!(call(&sandbox, "CreatePrivateDnsNamespace", &asked), Err("DuplicateRequest".to_owned()));
    let other = json!({"Name": "lab.internal", "Vpc": vpc(&sandbox), "CreatorRequestId": "b"});
    let lost = call(&sandbox, "CreatePrivateDnsNamespace", &other).unwrap();
    let under_way = json!({"Filters": [{"Name": "TYPE", "Values": ["CREATE_NAMESPACE"]},
        {"Name": "STATUS", "Values": ["SUBMITTED", "PENDING"], "Condition": "IN"}]});
    let listed = |sandbox: &Sandbox| {
        call(sandbox, "ListOperations", &under_way).unwrap()["Operations"].as_array().unwrap().len()
    };
    pass(&sandbox, 10);
    assert_eq!((status(&sandbox, &begun).0.as_str(), listed(&sandbox)), ("PENDING", 2));
    pass(&sandbox, 60);
    let (done, id) = status(&sandbox, &begun);
    assert_eq!((done.as_str(), names(&sandbox), listed(&sandbox)), ("SUCCESS", vec!["lab.internal".to_owned()], 0));
    let failed = call(&sandbox, "GetOperation", &lost).unwrap()["Operation"].take();
    assert_eq!((&failed["Status"], &failed["ErrorCode"]), (&json!("FAIL"), &json!("CANNOT_CREATE_HOSTED_ZONE")));
    assert!(failed["ErrorMessage"].as_str().unwrap().contains("ConflictingDomainExists"));
    assert_eq!(call(&sandbox, "CreatePrivateDnsNamespace", &other), Err("NamespaceAlreadyExists".to_owned()));
    // Another VPC has a DNS of its own, and one that isn't there none.
    let elsewhere = json!({"Name": "lab.internal", "Vpc": "vpc-0", "CreatorRequestId": "c"});
    let begun = call(&sandbox, "CreatePrivateDnsNamespace", &elsewhere).unwrap();
    pass(&sandbox, 60);
    assert_eq!(status(&sandbox, &begun).0, "FAIL");

    let of = json!({ "Id": id });
    call(&sandbox, "DeleteNamespace", &of).unwrap();
    assert_eq!(names(&sandbox), Vec::<String>::new());
    assert_eq!(call(&sandbox, "DeleteNamespace", &of), Err("DuplicateRequest".to_owned()));
    assert_eq!(call(&sandbox, "CreatePrivateDnsNamespace", &other), Err("NamespaceAlreadyExists".to_owned()));
    pass(&sandbox, 60);
    assert_eq!(call(&sandbox, "GetNamespace", &of), Err("NamespaceNotFound".to_owned()));
    assert!(call(&sandbox, "CreatePrivateDnsNamespace", &other).is_ok());
}

#[test]
fn a_service_goes_after_its_instances_and_before_its_namespace() {
    let sandbox = Sandbox::in_memory();
    let begun = call(&sandbox, "CreateHttpNamespace", &json!({"Name": "shop"})).unwrap();
    let (_, namespace) = status(&sandbox, &begun);
    let asked = json!({"Name": "api", "NamespaceId": namespace});
    let service = call(&sandbox, "CreateService", &asked).unwrap()["Service"]["Id"].take();
    assert_eq!(call(&sandbox, "CreateService", &asked), Err("ServiceAlreadyExists".to_owned()));
    let records =
        json!({"Name": "db", "NamespaceId": namespace, "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 10}]}});
    assert_eq!(call(&sandbox, "CreateService", &records), Err("InvalidInput".to_owned()));
    let change = json!({"Id": service, "Service": {"Description": "x"}});
    assert_eq!(call(&sandbox, "UpdateService", &change), Err("InvalidInput".to_owned()));
    assert_eq!(call(&sandbox, "DeleteNamespace", &json!({ "Id": namespace })), Err("ResourceInUse".to_owned()));
    let instance = json!({"ServiceId": service, "InstanceId": "one", "Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1"}});
    call(&sandbox, "RegisterInstance", &instance).unwrap();
    let of = json!({ "Id": service });
    assert_eq!(call(&sandbox, "DeleteService", &of), Err("ResourceInUse".to_owned()));
    call(&sandbox, "DeregisterInstance", &instance).unwrap();
    assert_eq!(call(&sandbox, "DeregisterInstance", &instance), Err("DuplicateRequest".to_owned()));
    assert_eq!(call(&sandbox, "DeleteService", &of), Err("ResourceInUse".to_owned()));
    pass(&sandbox, 60);
    assert_eq!(call(&sandbox, "DeregisterInstance", &instance), Err("InstanceNotFound".to_owned()));
    call(&sandbox, "DeleteService", &of).unwrap();
    call(&sandbox, "DeleteNamespace", &json!({ "Id": namespace })).unwrap();
}

#[test]
fn a_change_leaves_out_nothing_that_is_to_stay() {
    let sandbox = Sandbox::in_memory();
    let begun = json!({"Name": "lab.internal", "Vpc": vpc(&sandbox)});
    let begun = call(&sandbox, "CreatePrivateDnsNamespace", &begun).unwrap();
    pass(&sandbox, 60);
    let (_, namespace) = status(&sandbox, &begun);
    let record = |ttl: i32| json!({"DnsRecords": [{"Type": "A", "TTL": ttl}]});
    let asked = json!({"Name": "api", "NamespaceId": namespace, "DnsConfig": record(10)});
    let service = call(&sandbox, "CreateService", &asked).unwrap()["Service"]["Id"].take();
    let change = |change: Value| call(&sandbox, "UpdateService", &json!({"Id": service, "Service": change}));
    assert_eq!(change(json!({"Description": "x"})), Err("InvalidInput".to_owned()));
    assert!(change(json!({"Description": "x", "DnsConfig": record(60)})).is_ok());
    assert_eq!(change(json!({"DnsConfig": record(60)})), Err("DuplicateRequest".to_owned()));
    let shown = || call(&sandbox, "GetService", &json!({ "Id": service })).unwrap()["Service"].take();
    assert_eq!(shown()["DnsConfig"]["DnsRecords"][0]["TTL"], 10);
    pass(&sandbox, 60);
    assert_eq!((&shown()["DnsConfig"]["DnsRecords"][0]["TTL"], &shown()["Description"]), (&json!(60), &json!("x")));
}
