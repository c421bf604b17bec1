//! The sites of a lab, asked as a browser asks.

use std::time::Duration;

use super::{Finding, Outcome, missed, passed, unknown};
use crate::cloud::{Cloud, CloudError, Registry, Result};
use crate::registry::client;
use crate::spec::Answering;

/// The time that an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The bytes of an answer that are looked through.
const LOOKED: usize = 64 << 10;

/// Asks a site. Behind the embedded account's load balancers stands nobody: there its targets answer for it.
pub(super) async fn ask(cloud: &Cloud, wanted: &Answering) -> Finding {
    if cloud.registry == Registry::Pretended {
        return match is_served(cloud, &wanted.url).await {
            Ok(Some(true)) => passed("pretended: a target behind the load balancer is healthy"),
            Ok(Some(false)) => missed("no target behind the load balancer is healthy"),
            Ok(None) => missed(format!("no load balancer has the name in {}", wanted.url)),
            Err(error) => unknown(&error),
        };
    }
    let finding = match tokio::time::timeout(PATIENCE, answer(wanted)).await {
        Err(_) => missed(format!("{} didn't answer in {} seconds", wanted.url, PATIENCE.as_secs())),
        Ok(Err(error)) => missed(format!("{}: {}", wanted.url, causes(&error))),
        Ok(Ok(finding)) => finding,
    };
    match finding {
        // Why it is so is only told if that may be read.
        (Outcome::Missed, found) if is_served(cloud, &wanted.url).await.ok().flatten() == Some(false) => {
            missed(format!("{found}; no target behind the load balancer is healthy"))
        }
        finding => finding,
    }
}

async fn answer(wanted: &Answering) -> reqwest::Result<Finding> {
    let mut response = client::open()?.get(&wanted.url).send().await?;
    let (status, asked) = (response.status().as_u16(), wanted.status.unwrap_or(200));
    if status != asked {
        return Ok(missed(format!("{} answers {status}, and not {asked}", wanted.url)));
    }
    let Some(text) = &wanted.contains else {
        return Ok(passed(format!("{} answers {status}", wanted.url)));
    };
    let mut start = Vec::new();
    while let Some(piece) = response.chunk().await? {
        start.extend_from_slice(&piece[..piece.len().min(LOOKED - start.len())]);
        if start.len() == LOOKED {
            break;
        }
    }
    Ok(match String::from_utf8_lossy(&start).contains(text) {
        true => passed(format!("{} answers {status} with `{text}`", wanted.url)),
        false => missed(format!("{} answers {status} without `{text}`", wanted.url)),
    })
}

/// Returns whether the load balancer whose name is in `url` has a healthy target; none if there is no such load balancer.
async fn is_served(cloud: &Cloud, url: &str) -> Result<Option<bool>> {
    let host = url.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    let all = cloud.elbv2.describe_load_balancers().send().await?;
    let mut all = all.load_balancers().iter();
    let Some(balancer) = all.find(|one| one.dns_name() == Some(host)).and_then(|one| one.load_balancer_arn()) else {
        return Ok(None);
    };
    let groups = cloud.elbv2.describe_target_groups().load_balancer_arn(balancer).send().await?;
    for group in groups.target_groups() {
        let health =
            cloud.elbv2.describe_target_health().target_group_arn(group.target_group_arn().unwrap_or_default());
        let health = health.send().await.map_err(CloudError::from)?;
        let mut states = health.target_health_descriptions().iter().filter_map(|one| one.target_health()?.state());
        if states.any(|state| state.as_str() == "healthy") {
            return Ok(Some(true));
        }
    }
    Ok(Some(false))
}

/// An error with its causes: the first says only that a request failed.
fn causes(error: &reqwest::Error) -> String {
    let last = std::iter::successors(std::error::Error::source(error), |error| error.source()).last();
    last.map_or_else(|| error.to_string(), ToString::to_string)
}
