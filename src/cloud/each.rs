//! A call for each of many objects: a few at a time, and more slowly if AWS asks for that.
//!
//! Knows: how many such calls are under way, and how long a throttle is waited out. Must not know: what is asked.

use std::future::Future;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::Semaphore;

use super::{Cloud, ErrorKind, Result};

/// Calls under way at once. CloudWatch Logs answers about five ListTagsForResource a second (the limit that aws-nuke keeps).
const AT_ONCE: usize = 5;
/// The pause after a throttle that outlasted the SDK's attempts. Nobody else takes the place meanwhile.
const PAUSE: Duration = Duration::from_secs(1);
/// The time after its begin during which a listing is repeated if it is throttled.
const PATIENCE: Duration = Duration::from_secs(600);

impl Cloud {
    /// Returns what `ask` gives for each of `items`, in their order. If AWS throttles beyond what the SDK repeats, the listing
    /// goes on more slowly, for ten minutes at most.
    pub async fn each<T: Copy, R, F: Future<Output = Result<R>>>(
        &self,
        items: impl Iterator<Item = T>,
        ask: impl Fn(T) -> F,
    ) -> Vec<Result<R>> {
        let (places, end) = (Semaphore::new(AT_ONCE), self.now() + PATIENCE);
        let (places, ask) = (&places, &ask);
        let answers = items.map(|item| async move {
            let _place = places.acquire().await.expect("nobody closes it");
            loop {
                match ask(item).await {
                    Err(error) if error.kind() == ErrorKind::Throttled && self.now() < end => {
                        self.sleep(PAUSE).await;
                    }
                    answer => return answer,
                }
            }
        });
        join_all(answers).await
    }
}
