//! The regions that an account can use.

use labform_account::Sandbox;

use super::client;

#[tokio::test]
async fn the_regions_without_opt_in_are_the_accounts() {
    let sandbox = Sandbox::in_memory();
    let ec2 = client(&sandbox);
    let usable = ec2.describe_regions().send().await.unwrap();
    let names: Vec<&str> = usable.regions().iter().filter_map(|region| region.region_name()).collect();
    assert!(names.len() == 17 && names.contains(&"eu-west-1") && !names.contains(&"af-south-1"), "{names:?}");
    let all = ec2.describe_regions().all_regions(true).send().await.unwrap();
    let off = all.regions().iter().find(|region| region.region_name() == Some("af-south-1")).unwrap();
    assert_eq!(off.opt_in_status(), Some("not-opted-in"));
    let one = ec2.describe_regions().region_names("eu-west-3").send().await.unwrap();
    assert_eq!(one.regions()[0].endpoint(), Some("ec2.eu-west-3.amazonaws.com"));
    assert!(ec2.describe_regions().region_names("eu-west-9").send().await.is_err());
}
