//! The one question over a class: who has planned waits for its answer, and lets others plan meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};

/// The turns of the students of a class, and the one answer for all of them.
pub(super) struct Gate {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    is_open: watch::Sender<bool>,
    came: Notify,
}

impl Gate {
    /// A gate for so many students at once.
    pub(super) fn new(parallel: usize) -> Arc<Self> {
        let (turns, waiting) = (Arc::new(Semaphore::new(parallel)), AtomicUsize::new(0));
        Arc::new(Self { turns, waiting, is_open: watch::Sender::new(false), came: Notify::new() })
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> OwnedSemaphorePermit {
        self.turns.clone().acquire_owned().await.expect("the turns never close")
    }

    /// Waits until the gate is open.
    pub(super) async fn agree(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.came.notify_one();
        let mut is_open = self.is_open.subscribe();
        is_open.wait_for(|is_open| *is_open).await.expect("the gate is there");
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns once another student waits.
    pub(super) async fn somebody_came(&self) {
        self.came.notified().await;
    }

    /// The students who wait.
    pub(super) fn waiting(&self) -> usize {
        if *self.is_open.borrow() { 0 } else { self.waiting.load(Ordering::Relaxed) }
    }

    /// Lets all pass.
    pub(super) fn open(&self) {
        self.is_open.send_replace(true);
    }
}
