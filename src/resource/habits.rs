//! The coming and going of a kind's objects, as data.

/// The coming and going of a kind's objects. Most kinds are [`Habits::USUAL`], and say only what is special about them:
///
/// ```
/// use labform::resource::{Habits, Replacing};
///
/// const OF_TARGET_GROUPS: Habits = Habits { replacing: Replacing::CreateFirst, ..Habits::USUAL };
/// assert!(OF_TARGET_GROUPS.holds && OF_TARGET_GROUPS.stands_alone());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// The way in which an object is replaced.
    pub replacing: Replacing,
    /// Whether what an object links to can't or mustn't go before the object (a service holds its roles; a task
    /// definition holds nothing).
    pub holds: bool,
    /// The object that an object stands in, if AWS gives it no tags and no life of its own.
    pub within: Option<Within>,
    /// The field that says in what the names are unique, if not in the lab's account and region: a service's cluster.
    pub unique_in: Option<&'static str>,
    /// Whether the kind's objects may refer to each other in a circle, and to themselves: they are made first, then
    /// completed with what refers to others (the rules of security groups).
    pub completes: bool,
    /// The place in which objects are found that lab.yaml doesn't name.
    pub strays: Strays,
    /// The kinds whose objects are deleted before this one's although they don't link to them.
    pub goes_after: &'static [&'static str],
    /// Whether AWS knows no name of the kind's objects, as those of a network: they are found by their owner tags, and
    /// carry their name in the tag `Name`, where the consoles look for it.
    pub nameless: bool,
    /// Whether an object only speaks of others by their names, as what watches them does: those need not be there, so that
    /// they may use the object in turn.
    pub only_names: bool,
    /// Whether the call that makes an object writes over one of that name, whosever it is.
    pub overwrites: bool,
    /// Whether objects are of the account and of no region: a tag says which region's lab has one.
    pub of_account: bool,
    /// The types of ARN, as in `task/`, of objects that AWS makes for an object and gives the object's own tags.
    pub copies: &'static [&'static str],
}

impl Habits {
    /// The habits of most kinds: an object of its own that is deleted before it is made anew.
    pub const USUAL: Self = Self {
        replacing: Replacing::DeleteFirst,
        holds: true,
        within: None,
        unique_in: None,
        completes: false,
        strays: Strays::ByTag,
        goes_after: &[],
        nameless: false,
        only_names: false,
        overwrites: false,
        of_account: false,
        copies: &[],
    };
    /// The habits of what has no name.
    pub const NAMELESS: Self = Self { nameless: true, ..Self::USUAL };

    /// Returns whether an object has tags and a delete of its own. Any other goes with the object that it stands in,
    /// whose tags say whose both are: [`Resource::read`](super::Resource::read) gives it those.
    pub fn stands_alone(&self) -> bool {
        self.within.is_none()
    }
}

/// The way in which an object is replaced if AWS can't close its difference in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacing {
    /// The object is deleted, then made under the same name. Objects that hold on to it are deleted before and made
    /// again after.
    DeleteFirst,
    /// A successor is made under another name, the users of the old object are moved over, then that is deleted.
    CreateFirst,
    /// Every change makes a new revision beside the old one, which stays.
    Revision,
}

/// The place in which the lab's objects of a kind are found that lab.yaml doesn't name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strays {
    /// AWS's tag index.
    ByTag,
    /// The lab's path, because the tag index doesn't know the kind.
    ByPath,
    /// The kind's own listing, because the tag index doesn't know the kind: made if lab.yaml has any of it, and by each
    /// destroy.
    ByListing,
}

/// The object that another stands in. The physical name of the inner one is `<name of the outer one>:<its own>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Within {
    /// The field of the inner one's spec that refers to the outer one.
    pub field: &'static str,
    /// The kind of the outer one.
    pub kind: &'static str,
    /// The inner one's own part of the name, if the spec doesn't give any.
    pub otherwise: &'static str,
}

/// The treatment of an object's content by a delete: of the versions in a bucket, the images in a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The content stays: AWS refuses to delete an object that holds anything.
    #[default]
    Keep,
    /// The content is deleted, too.
    Empty,
    /// The content is deleted, too, and so is the protection from being deleted that the spec gave the object.
    Unprotected,
    /// The object can be brought back for so many days; with 0 it is gone at once.
    For(u8),
}
