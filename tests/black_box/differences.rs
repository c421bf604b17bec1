//! What is expected of one account and not of the others, and why. A test that meets a difference that is not in this
//! table fails.

use crate::account::Account;

/// What an account may do otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A service that was created gets its tasks and its rollout completes.
    ServiceSettles,
    /// A security group is found by a pattern of its name, as that of a replacement.
    GroupIsFoundByPattern,
}

/// One account that does otherwise at one step.
struct Difference {
    account: &'static str,
    step: Step,
    why: &'static str,
}

/// All differences that are known.
const DIFFERENCES: [Difference; 2] = [
    Difference {
        account: "moto",
        step: Step::ServiceSettles,
        why: "after CreateService it says runningCount 0 for ever, and starts no tasks",
    },
    Difference {
        account: "ministack",
        step: Step::GroupIsFoundByPattern,
        why: "its DescribeSecurityGroups takes `?` and `*` in the group-name filter for themselves",
    },
];

/// Whether `account` is known to differ at `step`. Says why, for the output of a test that fails.
pub(crate) fn differs(account: &Account, step: Step) -> bool {
    let row = DIFFERENCES.iter().find(|row| row.account == account.name && row.step == step);
    if let Some(Difference { account, why, .. }) = row {
        println!("{account}: {why}");
    }
    row.is_some()
}
