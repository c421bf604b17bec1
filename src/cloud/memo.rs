//! Answers that several kinds need during one read of the lab.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::{Cloud, Result};

type Answer = Arc<dyn Any + Send + Sync>;

/// Answers by their type. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo(Arc<Mutex<BTreeMap<TypeId, Arc<OnceCell<Answer>>>>>);

impl Cloud {
    /// Returns what `fetch` gives. All who read through the same tag index share one answer for each type `T`; without an
    /// index every caller asks anew, because what is read then decides.
    ///
    /// # Errors
    /// Returns the error that `fetch` gives; the next caller tries again.
    pub async fn once<T: Send + Sync + 'static>(
        &self,
        fetch: impl Future<Output = Result<T>> + Send,
    ) -> Result<Arc<T>> {
        let Some(memo) = &self.memo else {
            return Ok(Arc::new(fetch.await?));
        };
        let cell = memo
            .0
            .lock()
            .expect("nothing panics while it holds the lock")
            .entry(TypeId::of::<T>())
            .or_default()
            .clone();
        let answer =
            cell.get_or_try_init(|| async { Ok::<_, super::CloudError>(Arc::new(fetch.await?) as Answer) }).await?;
        Ok(answer.clone().downcast().expect("an answer stands under its own type"))
    }
}
