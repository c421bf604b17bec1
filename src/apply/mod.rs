//! The only floor that changes the world: walks the steps, waits for what has to become ready, proves the result.
//!
//! Knows: steps, events, the delete gate. Must not know: terminals, prompts, how anything is shown.

mod adopt;
mod converge;
mod event;
mod execute;
mod expiry;
mod foresee;
mod gate;
mod left;
mod outcome;
mod preflight;
mod ready;
mod teardown;
#[cfg(test)]
mod tests;
mod walk;

pub use adopt::adopt;
pub use converge::{Applied, Wait};
pub use event::{Event, Observer};
pub use execute::Executor;
pub use expiry::set_expiry;
pub use foresee::foresee;
pub use left::{Left, Remedy};
pub use outcome::{Emptying, Failure, Outcome};
pub use preflight::preflight;
pub use ready::{Settled, Stuck, settle};
pub use teardown::{Destroyed, Unread};
pub use walk::{State, walk};
