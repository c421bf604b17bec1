//! The only floor that changes the world: walks the steps, waits for what has to become ready, proves the result.
//!
//! Knows: steps, events, the delete gate. Must not know: terminals, prompts, how anything is shown.

mod event;
mod execute;
mod gate;
mod ready;
#[cfg(test)]
mod tests;
mod walk;

pub use event::{Event, Observer};
pub use execute::{Executor, Failure, Outcome};
pub use ready::{Settled, Stuck, settle};
pub use walk::{State, walk};
