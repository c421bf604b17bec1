//! A proxy on loopback that makes each call to an emulator take longer, and keeps a record of the calls: what labform
//! costs where the account is far away.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::loopback;

/// How the operations begin that change nothing.
const READS: [&str; 6] = ["Describe", "List", "Get", "BatchGet", "HEAD ", "GET "];

/// Whether an operation may change the account, by its name.
pub(crate) fn writes(operation: &str) -> bool {
    !READS.iter().any(|prefix| operation.starts_with(prefix))
}

/// One call, as the proxy saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The service that it was signed for, and its operation, as in `ecs DescribeClusters`.
    pub(crate) name: String,
    /// Whether it may change the account.
    pub(crate) writes: bool,
    start: Instant,
    end: Instant,
}

/// A proxy before one server. It ends with the process.
pub(crate) struct Proxy {
    /// The endpoint, as `--endpoint-url` takes it.
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Proxy {
    /// A proxy that forwards each request to `server` (`http://host:port`) after `delay`.
    pub(crate) fn before(server: &str, delay: Duration) -> Self {
        let server = server.to_owned();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let record = Arc::clone(&calls);
        let url = loopback::serve(move |request| {
            let start = Instant::now();
            thread::sleep(delay);
            let response = loopback::forward(&request, &server)?;
            let (service, operation) = request.call();
            record.lock().expect("no connection panics").push(Call {
                name: format!("{service} {operation}"),
                writes: writes(&operation),
                start,
                end: Instant::now(),
            });
            Ok(response)
        });
        Self { url, calls }
    }

    /// Whether a call has passed since the last time that may have changed the account.
    pub(crate) fn has_written(&self) -> bool {
        self.calls.lock().expect("no connection panics").iter().any(|call| call.writes)
    }

    /// The calls since the last time, in the order in which they began.
    pub(crate) fn take(&self) -> Trace {
        let mut calls = std::mem::take(&mut *self.calls.lock().expect("no connection panics"));
        calls.sort_by_key(|call| call.start);
        Trace(calls)
    }
}

/// Calls in the order in which they began.
#[derive(Clone, Debug)]
pub(crate) struct Trace(pub(crate) Vec<Call>);

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else {
            return Ok(());
        };
        for Call { name, start, end, .. } in &self.0 {
            let [from, to] = [start, end].map(|at| (*at - first.start).as_millis());
            writeln!(f, "{from:5} to {to:5} ms  {name}")?;
        }
        Ok(())
    }
}

impl Trace {
    /// How often each call was made.
    pub(crate) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.0 {
            *counts.entry(call.name.as_str()).or_default() += 1;
        }
        counts
    }

    /// The longest chain of calls of which each began after the one before had ended.
    pub(crate) fn depth(&self) -> usize {
        let mut by_end: Vec<&Call> = self.0.iter().collect();
        by_end.sort_by_key(|call| call.end);
        let mut depth = 0;
        let mut last: Option<Instant> = None;
        for call in by_end {
            if last.is_none_or(|end| call.start >= end) {
                depth += 1;
                last = Some(call.end);
            }
        }
        depth
    }

    /// The calls whose names don't end in one of `names`.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|call| !names.iter().any(|name| call.name.ends_with(name)));
        self
    }

    /// The part from the first call that writes to the last: what a command did, without the reads before and after.
    pub(crate) fn own(self) -> Self {
        let first = self.0.iter().position(|call| call.writes);
        let last = self.0.iter().rposition(|call| call.writes);
        match (first, last) {
            (Some(first), Some(last)) => Self(self.0[first..=last].to_vec()),
            _ => Self(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::aws;
    use crate::emulator::Emulator;

    #[test]
    fn calls_of_each_protocol_are_delayed_and_named() {
        let delay = Duration::from_millis(50);
        let proxy = Proxy::before(&Emulator::moto().url(), delay);
        let cases: [(&[&str], &str, bool); 5] = [
            (&["ecs", "list-clusters"], "ecs ListClusters", false),
            (&["ec2", "describe-vpcs"], "ec2 DescribeVpcs", false),
            (
                &[
                    "s3api",
                    "create-bucket",
                    "--bucket",
                    "delayed",
                    "--create-bucket-configuration",
                    "LocationConstraint=eu-west-1",
                ],
                "s3 PUT /delayed",
                true,
            ),
            (&["s3api", "head-bucket", "--bucket", "delayed"], "s3 HEAD /delayed", false),
            (
                &[
                    "s3api",
                    "put-bucket-versioning",
                    "--bucket",
                    "delayed",
                    "--versioning-configuration",
                    "Status=Enabled",
                ],
                "s3 PUT /delayed?versioning",
                true,
            ),
        ];
        for (args, name, writes) in cases {
            aws(&proxy.url, "eu-west-1", args).unwrap();
            let trace = proxy.take();
            assert_eq!(trace.counts(), BTreeMap::from([(name, 1)]));
            assert_eq!(trace.0[0].writes, writes, "{name}");
            assert!(trace.0[0].end - trace.0[0].start >= delay, "{name}");
        }
    }

    #[test]
    fn depth_is_the_longest_chain_and_own_is_between_the_writes() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let call = |start, end, writes| Call { name: String::new(), writes, start: at(start), end: at(end) };
        let trace = Trace(vec![
            call(0, 50, false),
            call(1, 52, false),
            call(60, 110, true),
            call(61, 130, false),
            call(115, 160, true),
            call(170, 220, false),
        ]);
        assert_eq!(trace.depth(), 4);
        assert_eq!(trace.clone().own().0.len(), 3);
        assert_eq!(trace.own().depth(), 2);
    }
}
