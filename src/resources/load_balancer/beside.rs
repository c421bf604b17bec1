//! What goes along with a load balancer that is deleted, and what protects it from that.
//!
//! Knows: others' listeners, and deletion protection. Must not know: how a load balancer is made.

use serde_json::json;

use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result, unless_gone};
use crate::resource::{Beside, Content, Fate, Live};
use crate::resources::balancing::{arns, listeners, not_of};
use crate::resources::ecs::list;

/// The attribute that keeps AWS from deleting a load balancer.
pub(super) const PROTECTION: &str = "deletion_protection.enabled";

/// Finds the listeners that aren't `lab`'s, and whether the load balancer is protected: by lab.yaml if `said` takes that
/// away, else by somebody else.
///
/// # Errors
/// If they can't be read.
pub(super) async fn beside(cloud: &Cloud, lab: &str, said: Option<Content>, live: &Live) -> Result<Vec<Beside>> {
    let listeners = listeners(cloud, &live.arn).await?;
    let others = not_of(cloud, lab, "listener", &arns(&listeners)).await?;
    let others = listeners.iter().filter_map(|listener| {
        let (whose, protocol, port) =
            (others.get(&listener.arn)?, listener.text("protocol"), &listener.document["port"]);
        Some(Beside::new(format!("listener {protocol}:{port} ({}): {whose}", listener.arn), Fate::Goes))
    });
    let mut beside: Vec<Beside> = others.collect();
    let asked = json!({"LoadBalancerArn": live.arn});
    let answer = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeLoadBalancerAttributes", asked).await?;
    let is_on = list(&answer, "Attributes").any(|one| one["Key"] == PROTECTION && one["Value"] == "true");
    if is_on {
        beside.push(match said {
            Some(Content::Unprotected) => {
                Beside::new(format!("{PROTECTION}, which lab.yaml sets, is switched off"), Fate::Lifted)
            }
            _ => Beside::new(by_another(&live.arn), Fate::Forbids),
        });
    }
    Ok(beside)
}

/// The words for a protection that stays.
fn by_another(arn: &str) -> String {
    format!(
        "{PROTECTION} is on, and only a destroy by the lab.yaml that sets it switches it off: else do so with `aws elbv2 \
         modify-load-balancer-attributes --load-balancer-arn {arn} --attributes Key={PROTECTION},Value=false`"
    )
}

/// Takes the protection away.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn unprotect(cloud: &Cloud, live: &Live) -> Result<()> {
    let attributes = json!([{"Key": PROTECTION, "Value": "false"}]);
    let asked = json!({"LoadBalancerArn": live.arn, "Attributes": attributes});
    unless_gone(cloud.call(&ELASTIC_LOAD_BALANCING, "ModifyLoadBalancerAttributes", asked).await).map(drop)
}
