use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ForwardActionConfig, RedirectActionConfig, RedirectActionStatusCodeEnum, Rule,
    RuleCondition, RulePriorityPair, TargetGroupTuple,
};

use super::{Place, forward};

fn condition(field: &str, values: &[&str]) -> RuleCondition {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    RuleCondition::builder().field(field).set_values(Some(values)).build()
}

fn code<T>(result: Result<T, impl ProvideErrorMetadata>) -> String {
    result.err().and_then(|error| error.code().map(str::to_owned)).unwrap_or_default()
}

impl Place {
    /// Makes a rule for a path.
    async fn rule(&self, listener: &str, priority: i32, group: &str) -> Result<Rule, String> {
        let path = condition("path-pattern", &["/b", "/a"]);
        let request = self.elb.create_rule().listener_arn(listener).priority(priority).conditions(path);
        let made = request.actions(forward(group)).send().await;
        made.map(|made| made.rules()[0].clone()).map_err(|error| error.code().unwrap_or_default().to_owned())
    }

    async fn priorities(&self, listener: &str) -> Vec<String> {
        let rules = self.elb.describe_rules().listener_arn(listener).send().await.unwrap();
        rules.rules().iter().map(|rule| rule.priority().unwrap().to_owned()).collect()
    }
}

fn pair(rule: &Rule, priority: i32) -> RulePriorityPair {
    RulePriorityPair::builder().rule_arn(rule.rule_arn().unwrap()).priority(priority).build()
}

#[tokio::test]
async fn a_rule_reads_back_with_what_aws_fills_in() {
    let place = Place::new().await;
    let (balancer, group) = (place.load_balancer("web").await, place.target_group("web").await);
    let other = place.target_group("other").await;
    let listener = place.listener(&balancer, 80, &group).await;
    let rule = place.rule(&listener, 10, &group).await.unwrap();
    assert!(rule.rule_arn().unwrap().starts_with(&listener.replace(":listener/", ":listener-rule/")));
    let [path] = rule.conditions() else { panic!("{rule:?}") };
    assert_eq!(path.values(), ["/a", "/b"]);
    assert_eq!(path.path_pattern_config().unwrap().values(), ["/a", "/b"]);
    let action = &rule.actions()[0];
    assert_eq!(action.target_group_arn(), Some(group.as_str()));
    let config = action.forward_config().unwrap();
    assert_eq!(config.target_groups()[0].weight(), Some(1));
    assert_eq!(config.target_group_stickiness_config().unwrap().enabled(), Some(false));

    let to = RedirectActionConfig::builder().status_code(RedirectActionStatusCodeEnum::Http301).host("a.example");
    let redirect = Action::builder().r#type(ActionTypeEnum::Redirect).redirect_config(to.build()).build();
    let arn = rule.rule_arn().unwrap();
    let changed = place.elb.modify_rule().rule_arn(arn).actions(redirect).send().await.unwrap();
    let to = changed.rules()[0].actions()[0].redirect_config().unwrap();
    assert_eq!((to.port(), to.path(), to.query()), (Some("#{port}"), Some("/#{path}"), Some("#{query}")));
    assert_eq!(changed.rules()[0].conditions().len(), 1);

    let tuple = |arn: &str| TargetGroupTuple::builder().target_group_arn(arn).weight(5).build();
    let both = ForwardActionConfig::builder().target_groups(tuple(&group)).target_groups(tuple(&other)).build();
    let spread = Action::builder().r#type(ActionTypeEnum::Forward).forward_config(both).build();
    let hosts = condition("host-header", &["b.example", "a.example"]);
    let changed = place.elb.modify_rule().rule_arn(arn).actions(spread).conditions(hosts).send().await.unwrap();
    let rule = &changed.rules()[0];
    assert_eq!(rule.actions()[0].target_group_arn(), None);
    assert_eq!(rule.conditions()[0].values(), ["b.example", "a.example"], "hosts keep their order");
    // A group is held by a rule as by a listener.
    let deleted = place.elb.delete_target_group().target_group_arn(&other).send().await;
    assert_eq!(code(deleted), "ResourceInUse");
}

#[tokio::test]
async fn priorities_are_unique_and_change_together() {
    let place = Place::new().await;
    let (balancer, group) = (place.load_balancer("web").await, place.target_group("web").await);
    let listener = place.listener(&balancer, 80, &group).await;
    let (one, two) =
        (place.rule(&listener, 10, &group).await.unwrap(), place.rule(&listener, 20, &group).await.unwrap());
    assert_eq!(place.rule(&listener, 10, &group).await.unwrap_err(), "PriorityInUse");
    assert_eq!(place.rule(&listener, 0, &group).await.unwrap_err(), "ValidationError");
    let set = |pairs: Vec<RulePriorityPair>| place.elb.set_rule_priorities().set_rule_priorities(Some(pairs)).send();
    assert_eq!(code(set(vec![pair(&one, 20)]).await), "PriorityInUse");
    set(vec![pair(&one, 20), pair(&two, 10)]).await.unwrap();
    assert_eq!(place.priorities(&listener).await, ["10", "20", "default"]);
    let rules = place.elb.describe_rules().listener_arn(&listener).send().await.unwrap();
    assert_eq!(rules.rules()[0].rule_arn(), two.rule_arn());

    let default = rules.rules()[2].rule_arn().unwrap();
    assert_eq!(code(place.elb.delete_rule().rule_arn(default).send().await), "OperationNotPermitted");
    let described = place.elb.describe_rules().rule_arns(default).send().await.unwrap();
    assert_eq!(described.rules()[0].is_default(), Some(true));
    place.elb.delete_rule().rule_arn(one.rule_arn().unwrap()).send().await.unwrap();
    assert_eq!(code(place.elb.delete_rule().rule_arn(one.rule_arn().unwrap()).send().await), "RuleNotFound");
    // The other goes along with its listener.
    place.elb.delete_listener().listener_arn(&listener).send().await.unwrap();
    assert_eq!(code(place.elb.describe_rules().rule_arns(two.rule_arn().unwrap()).send().await), "RuleNotFound");
}

#[tokio::test]
async fn a_load_balancer_has_a_hundred_rules_and_a_group_one_load_balancer() {
    let place = Place::new().await;
    let (balancer, group) = (place.load_balancer("web").await, place.target_group("web").await);
    let listener = place.listener(&balancer, 80, &group).await;
    for priority in 1..=100 {
        place.rule(&listener, priority, &group).await.unwrap();
    }
    assert_eq!(place.rule(&listener, 101, &group).await.unwrap_err(), "TooManyRules");
    let (other, theirs) = (place.load_balancer("other").await, place.target_group("theirs").await);
    let listener = place.listener(&other, 80, &theirs).await;
    assert_eq!(place.rule(&listener, 1, &group).await.unwrap_err(), "TargetGroupAssociationLimit");
}
