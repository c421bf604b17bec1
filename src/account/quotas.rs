//! Service Quotas: the values that a new account has of what labs take. None is held against what stands in the account.

use serde_json::{Value, json};

use crate::account::{Account, Calls, Service};
use crate::input::need;
use crate::wire::{self, Answer, Fault};

/// Service Quotas in the list of services.
pub(crate) static SERVICE: Service = Service::new("servicequotas", Calls::Json(handle));

/// Quotas by service and code, with their names and AWS's own values ("Endpoints and quotas" of each service, AWS General
/// Reference).
const QUOTAS: [(&str, &str, &str, f64); 5] = [
    ("fargate", "L-3032A538", "Fargate On-Demand vCPU resource count", 6.0),
    ("elasticloadbalancing", "L-53DA6B97", "Application Load Balancers per Region", 50.0),
    ("elasticloadbalancing", "L-69A177A2", "Network Load Balancers per Region", 50.0),
    ("vpc", "L-F678F1CE", "VPCs per Region", 5.0),
    ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5.0),
];

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "GetServiceQuota" => get(account, input),
        other => Err(wire::unknown_action("servicequotas", other)),
    }
}

fn get(account: &Account, input: &Value) -> Answer {
    let (service, code) = (need(input, "ServiceCode")?, need(input, "QuotaCode")?);
    let known = QUOTAS.iter().find(|(of, quota, ..)| (*of, *quota) == (service.as_str(), code.as_str()));
    let Some((_, _, name, value)) = known else {
        let message = "The request failed because the specified resource does not exist.";
        return Err(Fault::client("NoSuchResourceException", message));
    };
    let arn = format!("arn:aws:servicequotas:{}:{}:{service}/{code}", account.region, account.id);
    Ok(json!({ "Quota": {
        "ServiceCode": service, "QuotaCode": code, "QuotaName": name, "QuotaArn": arn, "Value": value, "Unit": "None",
        "Adjustable": true, "GlobalQuota": false,
    } }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::handle;
    use crate::Sandbox;

    #[test]
    fn a_quota_is_told_by_its_code() {
        Sandbox::in_memory().with(|account| {
            let mut get = |service: &str, code: &str| {
                handle(account, "GetServiceQuota", &json!({ "ServiceCode": service, "QuotaCode": code }))
            };
            let quota = get("fargate", "L-3032A538").expect("it is known");
            assert_eq!(quota["Quota"]["Value"], 6.0);
            assert!(get("ecs", "L-3032A538").is_err());
        });
    }
}
