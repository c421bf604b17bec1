//! The rules of security groups.

use std::collections::BTreeSet;

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::{IpPermission, IpRange};

use super::{client, create, filter, group, port_from, port_from_group};
use labform_account::Sandbox;

#[tokio::test]
async fn rules_read_back_grouped_and_normalised() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    let id = create(&client, "web").await;
    let other = create(&client, "lb").await;
    let added = client
        .authorize_security_group_ingress()
        .group_id(&id)
        .ip_permissions(port_from(80, "10.1.2.3/16"))
        .ip_permissions(port_from(80, "0.0.0.0/0"))
        .ip_permissions(port_from_group(3000, &other))
        .send()
        .await
        .unwrap();
    assert_eq!(added.security_group_rules().len(), 3);

    let group = group(&client, &id).await;
    assert_eq!(group.tags()[0].value(), Some("lab"));
    assert_eq!(group.ip_permissions().len(), 2);
    let web = group.ip_permissions().iter().find(|rule| rule.from_port() == Some(80)).unwrap();
    let ranges: BTreeSet<_> = web.ip_ranges().iter().filter_map(|range| range.cidr_ip()).collect();
    assert_eq!(web.ip_protocol(), Some("tcp"));
    assert_eq!(ranges, BTreeSet::from(["0.0.0.0/0", "10.1.0.0/16"]));
    let tasks = group.ip_permissions().iter().find(|rule| rule.from_port() == Some(3000)).unwrap();
    assert_eq!(tasks.user_id_group_pairs()[0].user_id(), Some("123456789012"));
    let out = &group.ip_permissions_egress()[0];
    assert_eq!((out.ip_protocol(), out.from_port()), (Some("-1"), None), "AWS lets everything out");

    let again = client.authorize_security_group_ingress().group_id(&id).ip_permissions(port_from(80, "10.1.0.0/16"));
    assert_eq!(again.send().await.unwrap_err().code(), Some("InvalidPermission.Duplicate"));
    let rules = client.describe_security_group_rules().filters(filter("group-id", &id)).send().await.unwrap();
    assert_eq!(rules.security_group_rules().len(), 4);
    let web = rules.security_group_rules().iter().find(|rule| rule.cidr_ipv4() == Some("10.1.0.0/16")).unwrap();
    let rule = web.security_group_rule_id().unwrap();

    let renamed = IpRange::builder().cidr_ip("10.1.0.0/16").description("office").build();
    let renamed = IpPermission::builder().ip_protocol("tcp").from_port(80).to_port(80).ip_ranges(renamed).build();
    let request = client.update_security_group_rule_descriptions_ingress().group_id(&id);
    request.ip_permissions(renamed).send().await.unwrap();
    let shown = client.describe_security_group_rules().security_group_rule_ids(rule).send().await.unwrap();
    assert_eq!(shown.security_group_rules()[0].description(), Some("office"));

    let by_id = client.revoke_security_group_ingress().group_id(&id).security_group_rule_ids(rule);
    by_id.send().await.unwrap();
    let gone = client.revoke_security_group_ingress().group_id(&id).ip_permissions(port_from(80, "10.1.0.0/16"));
    assert_eq!(gone.send().await.unwrap_err().code(), Some("InvalidPermission.NotFound"));
    let everywhere = IpPermission::builder().ip_protocol("-1");
    let everywhere = everywhere.ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build()).build();
    client.revoke_security_group_egress().group_id(&id).ip_permissions(everywhere).send().await.unwrap();
    assert!(self::group(&client, &id).await.ip_permissions_egress().is_empty());
}
