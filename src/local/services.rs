//! The rounds of a host: it says to the account which services' tasks it can run, and steps through them again and again.

use std::io;
use std::time::Duration;

use labform_account::Account;
use tokio_util::sync::CancellationToken;

use super::host::Host;
use super::runner::Runner;

/// The pause between two looks at the account and at the processes.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs the tasks of the host's services until `stop` is cancelled. Then it ends their processes, and leaves the tasks to be
/// pretended.
pub async fn run_services(host: &Host<'_>, stop: &CancellationToken) {
    let mut runners: Vec<Runner<'_, '_>> = host.services.iter().map(|service| Runner::new(host, service)).collect();
    let mut trouble = None;
    while !stop.is_cancelled() {
        if let Some(news) = news(&mut trouble, step(host, &mut runners).await) {
            (host.tell)(host.name, &news);
        }
        let _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
    }
    futures::future::join_all(runners.iter_mut().map(Runner::end)).await;
    // If the account can't be reached, it hears nothing of this host any more, which says the same.
    let _ = host.sandbox.change(|account| account.unhost(host.region, host.name)).await;
}

async fn step(host: &Host<'_>, runners: &mut [Runner<'_, '_>]) -> io::Result<()> {
    let look = |account: &mut Account| {
        account.host(host.region, host.name, host.hosting);
        let tasks = host.services.iter().map(|service| account.hosted_tasks(host.region, &service.key));
        tasks.collect::<Vec<_>>()
    };
    let seen = host.sandbox.change(look).await?;
    for (runner, tasks) in runners.iter_mut().zip(seen) {
        runner.step(tasks).await?;
    }
    Ok(())
}

/// What is to be told after a round, if the one before it went otherwise.
fn news(trouble: &mut Option<String>, round: io::Result<()>) -> Option<String> {
    let now = round.err().map(|error| format!("the embedded account: {error}"));
    let before = std::mem::replace(trouble, now.clone());
    match (&before, &now) {
        (Some(_), None) => Some("the embedded account answers again".to_owned()),
        _ => now.filter(|now| before.as_ref() != Some(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_told_each_time_that_it_comes_and_when_it_has_passed() {
        let mut trouble = None;
        let mut told = |words: &str| {
            let round = if words.is_empty() { Ok(()) } else { Err(io::Error::other(words)) };
            news(&mut trouble, round).unwrap_or_default()
        };
        let full = "the embedded account: disk full";
        assert_eq!(["", "disk full", "disk full"].map(&mut told), ["", full, ""]);
        assert_eq!(["", "", "disk full"].map(&mut told), ["the embedded account answers again", "", full]);
    }
}
