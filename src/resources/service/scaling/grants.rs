//! Permissions that IAM has to give for the scaling of a service.

use crate::resource::{Grant, Need, Place, service_linked_role};

/// The permissions for the scaling of `service` in `cluster`. Changes can't be limited to one scalable target: AWS makes up
/// its ARN, and asks for no tags of it ("Actions, resources, and condition keys for AWS Application Auto Scaling", Service
/// Authorization Reference).
pub(in super::super) fn grants(cluster: &str, service: &str, place: &Place) -> Vec<Grant> {
    let on_targets = |need: Need, actions: &'static [&'static str]| {
        let targets = [place.arn("application-autoscaling", "scalable-target/*")];
        let grant = Grant::on(need, actions, targets);
        grant.only("StringEquals", "application-autoscaling:service-namespace", ["ecs"])
    };
    let alarms = [place.arn("cloudwatch", &format!("alarm:TargetTracking-service/{cluster}/{service}-*"))];
    vec![
        Grant::in_region(Need::Read, &["application-autoscaling:DescribeScalableTargets"], place),
        Grant::in_region(
            Need::Compare,
            &[
                "application-autoscaling:DescribeScalingPolicies",
                "application-autoscaling:DescribeScheduledActions",
                // Of policies AWS tells the alarms, too.
                "cloudwatch:DescribeAlarms",
            ],
            place,
        ),
        on_targets(
            Need::Change,
            &[
                "application-autoscaling:DeleteScalingPolicy",
                "application-autoscaling:DeleteScheduledAction",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:PutScheduledAction",
                "application-autoscaling:RegisterScalableTarget",
            ],
        ),
        Grant::on(
            Need::Change,
            &["application-autoscaling:TagResource"],
            [place.arn("application-autoscaling", "scalable-target/*")],
        )
        .tagging(place),
        on_targets(Need::Delete, &["application-autoscaling:DeregisterScalableTarget"]),
        // The alarms of a policy that keeps a metric at a value are made and deleted with the caller's rights.
        Grant::on(Need::Change, &["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"], alarms.clone()),
        Grant::on(Need::Delete, &["cloudwatch:DeleteAlarms"], alarms),
        service_linked_role("ecs.application-autoscaling.amazonaws.com"),
    ]
}
