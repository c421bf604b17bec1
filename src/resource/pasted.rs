//! AWS's own descriptions of objects, which people paste into lab.yaml.

/// The parts of AWS's description of a kind's object that nobody asks AWS for, so that it can stand in lab.yaml as it was
/// printed. Paths are dotted; `[]` stands for every entry of a list.
///
/// ```
/// use labform::resource::Pasted;
///
/// const CLUSTER: Pasted = Pasted {
///     around: &["clusters", "cluster"],
///     told: &["clusterArn", "status", "runningTasksCount"],
///     beyond: &[("attachments", "[]")],
///     ..Pasted::PLAIN
/// };
/// assert!(!CLUSTER.is_loose);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pasted {
    /// The members of answers that hold a description, as `taskDefinition` in that of DescribeTaskDefinition.
    pub around: &'static [&'static str],
    /// The fields that AWS sets. They are passed over.
    pub told: &'static [&'static str],
    /// The fields that AWS takes and labform doesn't manage, each with the JSON value that asks for nothing. One that is
    /// empty, or has that value, is passed over; any other is refused.
    pub beyond: &'static [(&'static str, &'static str)],
    /// Whether an empty text means that a field isn't given, and a number may be a text: AWS and the tools around it write
    /// so. Texts in fields called `value` are what they are.
    pub is_loose: bool,
}

impl Pasted {
    /// No more than the kind's own fields.
    pub const PLAIN: Self = Self { around: &[], told: &[], beyond: &[], is_loose: false };
}
