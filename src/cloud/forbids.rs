//! What forbids a call whatever rights the caller is given, by AWS's words ("Troubleshoot access denied error messages", IAM
//! user guide).

/// What forbids a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbids {
    /// A policy of the organization that the account belongs to.
    Organization,
    /// The policy of the VPC endpoint by which the call came to AWS.
    Endpoint,
    /// The boundary of what the caller may be permitted.
    Boundary,
    /// What was said when the caller signed in.
    Session,
    /// A statement that denies it.
    Statement,
}

/// The words of the policies.
const POLICIES: [(&str, Forbids); 6] = [
    ("service control policy", Forbids::Organization),
    ("resource control policy", Forbids::Organization),
    ("VPC endpoint policy", Forbids::Endpoint),
    ("permissions boundary", Forbids::Boundary),
    ("session policy", Forbids::Session),
    ("", Forbids::Statement),
];

impl Forbids {
    /// What forbids a call that was answered with this message, if it says so.
    pub fn of(message: &str) -> Option<Self> {
        let is_said = |(policy, forbids): &&(&str, Self)| {
            let denies = ["a", "an"].iter().any(|one| message.contains(&format!("explicit deny in {one} {policy}")));
            denies || *forbids != Self::Statement && message.contains(&format!("no {policy} allows"))
        };
        POLICIES.iter().find(is_said).map(|(_, forbids)| *forbids)
    }

    /// The advice for people.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Organization => {
                "a policy of the organization forbids this to everybody in the account, and no right of your own helps: ask whoever manages the organization, with the line above, or take another region or account if that allows it"
            }
            Self::Endpoint => {
                "the network that you are in reaches AWS by a VPC endpoint whose policy forbids this: ask whoever manages that network, with the line above, or try from another one"
            }
            Self::Boundary => {
                "the permissions boundary of your role or user forbids this, whatever else it is allowed: ask whoever manages the account, with the line above"
            }
            Self::Session => {
                "what your sign-in was limited to forbids this: sign in with another role or permission set, or ask whoever manages the account, with the line above"
            }
            Self::Statement => {
                "a policy denies this explicitly, and more rights don't help: ask whoever manages the account, with the line above"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forbids_a_call_is_told_by_aws_own_words() {
        let user = "User: arn:aws:iam::1:user/me is not authorized to perform: ecs:CreateCluster on resource: *";
        for (end, expected) in [
            ("with an explicit deny in a service control policy", Some(Forbids::Organization)),
            (
                "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o",
                Some(Forbids::Organization),
            ),
            ("because no service control policy allows the ecs:CreateCluster action", Some(Forbids::Organization)),
            ("with an explicit deny in a resource control policy", Some(Forbids::Organization)),
            ("because no VPC endpoint policy allows the ecs:CreateCluster action", Some(Forbids::Endpoint)),
            ("with an explicit deny in a VPC endpoint policy", Some(Forbids::Endpoint)),
            ("because no permissions boundary allows the ecs:CreateCluster action", Some(Forbids::Boundary)),
            ("because no session policy allows the ecs:CreateCluster action", Some(Forbids::Session)),
            ("with an explicit deny in an identity-based policy", Some(Forbids::Statement)),
            ("because no identity-based policy allows the ecs:CreateCluster action", None),
            ("", None),
        ] {
            assert_eq!(Forbids::of(&format!("{user} {end}")), expected, "{end}");
        }
    }
}
