//! The events of an apply: the engine emits, reporters consume.

use std::time::Duration;

use crate::model::Address;
use crate::plan::Op;
use crate::resource::Explanation;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A step began.
    Started {
        /// The step's resource.
        address: Address,
        /// The step's operation.
        op: Op,
        /// The physical name.
        name: String,
    },
    /// A step, or a resource that isn't ready, waits for something.
    Waiting {
        /// The resource that waits.
        address: Address,
        /// The step's operation; none while waiting for readiness.
        op: Option<Op>,
        /// The reason for waiting.
        reason: String,
    },
    /// A step is done.
    Done {
        /// The step's resource.
        address: Address,
        /// The step's operation.
        op: Op,
        /// The time that the step took, on the account's clock.
        took: Duration,
        /// The id or ARN of the object; none if it is gone.
        id: Option<String>,
    },
    /// A step failed.
    Failed {
        /// The step's resource.
        address: Address,
        /// The operation that the step tried.
        op: Op,
        /// AWS's answer.
        error: String,
    },
    /// A step was not begun, because one before it failed or because the user asked to stop.
    Skipped {
        /// The step's resource.
        address: Address,
        /// The operation that the step would have carried out.
        op: Op,
    },
    /// A cause was found, and not told before, why a resource that is waited for doesn't do its work.
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
        /// The time that the resource took, on the account's clock.
        took: Duration,
    },
    /// The task of a job is told to stop, before what it needs goes.
    TaskStopping {
        /// The job.
        address: Address,
        /// The task's ARN.
        task: String,
    },
    /// The task of a job has stopped.
    TaskStopped {
        /// The job.
        address: Address,
        /// The task's ARN.
        task: String,
        /// The time that the task took, on the account's clock.
        took: Duration,
    },
    /// Everything that is live is read once more.
    Verifying,
}

/// A receiver of events.
pub trait Observer: Send + Sync {
    /// Takes note of an event. The call must not block for long: steps wait for it.
    fn event(&self, event: Event);
}
