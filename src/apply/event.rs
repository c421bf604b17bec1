//! What happens during an apply: the engine emits, reporters consume.

use std::time::Duration;

use crate::model::Address;
use crate::plan::Op;
use crate::resource::Explanation;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step began.
    Started {
        /// Its resource.
        address: Address,
        /// What it does.
        op: Op,
        /// The physical name.
        name: String,
    },
    /// A step, or a resource that isn't ready, waits for something.
    Waiting {
        /// Its resource.
        address: Address,
        /// What it does; none while waiting for readiness.
        op: Option<Op>,
        /// What it waits for.
        reason: String,
    },
    /// A step is done.
    Done {
        /// Its resource.
        address: Address,
        /// What it did.
        op: Op,
        /// How long it took, on the account's clock.
        took: Duration,
        /// The id or ARN of the object; none where it is gone.
        id: Option<String>,
    },
    /// A step failed.
    Failed {
        /// Its resource.
        address: Address,
        /// What it tried to do.
        op: Op,
        /// AWS's answer.
        error: String,
    },
    /// A step was not begun, because one before it failed or because the user asked to stop.
    Skipped {
        /// Its resource.
        address: Address,
        /// What it would have done.
        op: Op,
    },
    /// Why a resource that is waited for doesn't do its work: a cause that was not told before.
    Explained {
        /// The resource.
        address: Address,
        /// The cause, the evidence and the remedy.
        explanation: Explanation,
    },
    /// A resource does its work now.
    Ready {
        /// The resource.
        address: Address,
        /// How long it took, on the account's clock.
        took: Duration,
    },
    /// The task of a job is told to stop, before what it needs goes.
    TaskStopping {
        /// The job.
        address: Address,
        /// The task's ARN.
        task: String,
    },
    /// It has stopped.
    TaskStopped {
        /// The job.
        address: Address,
        /// The task's ARN.
        task: String,
        /// How long it took, on the account's clock.
        took: Duration,
    },
    /// What is live is read once more.
    Verifying,
}

/// Who is told.
pub trait Observer: Send + Sync {
    /// Takes note of an event. It must not block for long: steps wait for it.
    fn event(&self, event: Event);
}
