//! Images in Amazon ECR: built from a folder, or taken from an archive or from another registry.
//!
//! An image has no tags of its own at AWS: it is whose its repository is, and goes with that.

mod calls;
mod containers;
mod context;
mod desk;
mod docker;
mod grants;
mod ignore;
mod live;
mod managed;
mod pretend;
mod push;
mod pushed;
mod running;
mod source;
#[cfg(test)]
mod tests;

pub(super) use containers::{image_of, runtime_problem, tagged};
pub use desk::{CREDENTIALS, HELPER};
pub use live::ImageLive;
pub use pushed::pushed_image;
pub(super) use source::inside;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Repository;
use crate::cloud::{Cloud, Result};
use crate::model::{Diff, Effect, Shape, gives_away, path_problem};
use crate::resource::{
    Checks, Field, Found, NameRule, Names, Others, Output, Place, Problem, Readiness, Ref, Resource, Sourced, SpecRef,
    Wanted,
};

/// The platforms that ECS runs images of ("Task definition parameters", `runtimePlatform`).
const PLATFORMS: [&str; 3] = ["linux/amd64", "linux/arm64", "windows/amd64"];
/// The beginning of the tags by which labform knows again what it has pushed.
const LABEL: &str = "labform-";
/// The longest tag (OCI distribution specification).
const TAG: usize = 128;

/// An image: its source, and the repository and the tag that it is pushed to. The source is one of `context`, `archive`
/// and `mirror`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// The repository that the image is pushed to.
    pub repository: Ref<Repository>,
    /// The image's tag; `latest` if it is left out.
    pub tag: Option<String>,
    /// The folder that Docker builds the image from, below the folder of lab.yaml.
    pub context: Option<String>,
    /// The Dockerfile, below the context; `Dockerfile` if it is left out.
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile that is built; the last one if it is left out.
    pub target: Option<String>,
    /// Values for the Dockerfile's `ARG`s. They can be read in the image.
    pub build_args: Option<BTreeMap<String, String>>,
    /// The `buildArgs` that are no secrets, though their names or values look like it.
    #[serde(skip_serializing)]
    pub not_secret: Option<Vec<String>>,
    /// A tar file as `docker save` or an OCI tool writes it, or a folder in the OCI image layout, below the folder of
    /// lab.yaml.
    pub archive: Option<String>,
    /// The image of another registry, as in `public.ecr.aws/nginx/nginx:1.27`.
    pub mirror: Option<String>,
    /// The platform that the image runs on, as in `linux/arm64`; `linux/amd64` if it is left out.
    pub platform: Option<String>,
}

/// The origin of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin<'a> {
    /// A folder that Docker builds.
    Context(&'a str),
    /// An archive or a layout.
    Archive(&'a str),
    /// Another registry.
    Mirror(&'a str),
}

impl<'a> Origin<'a> {
    /// The field that gives the origin.
    fn field(self) -> &'static str {
        match self {
            Self::Context(_) => "context",
            Self::Archive(_) => "archive",
            Self::Mirror(_) => "mirror",
        }
    }

    /// The value of that field.
    fn value(self) -> &'a str {
        match self {
            Self::Context(value) | Self::Archive(value) | Self::Mirror(value) => value,
        }
    }
}

impl Image {
    /// The image's origin; none if the spec gives no source, or several.
    fn origin(&self) -> Option<Origin<'_>> {
        let mut origins = self.origins();
        origins.next().filter(|_| origins.next().is_none())
    }

    fn origins(&self) -> impl Iterator<Item = Origin<'_>> {
        let context = self.context.as_deref().map(Origin::Context);
        let archive = self.archive.as_deref().map(Origin::Archive);
        let mirror = self.mirror.as_deref().map(Origin::Mirror);
        [context, archive, mirror].into_iter().flatten()
    }

    fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or("latest")
    }

    /// The platform that the image runs on, as in `linux/amd64`.
    pub fn platform(&self) -> &str {
        self.platform.as_deref().unwrap_or(PLATFORMS[0])
    }

    fn dockerfile(&self) -> &str {
        self.dockerfile.as_deref().unwrap_or("Dockerfile")
    }

    /// The tag by which the image that is made of `source` is known again.
    fn label(&self, source: &str) -> String {
        label(self.platform(), source)
    }
}

/// The tag for what was made for `platform` of a source with this digest.
fn label(platform: &str, source: &str) -> String {
    format!("{LABEL}{}-{}", platform.replace('/', "-"), short(source))
}

/// The platform and the beginning of the source's digest that such a tag holds; none of another tag.
fn read_label(tag: &str) -> Option<(String, &str)> {
    let (platform, source) = tag.strip_prefix(LABEL)?.rsplit_once('-')?;
    let is_digest = source.len() == 16 && source.bytes().all(|byte| byte.is_ascii_hexdigit());
    let platform = platform.replacen('-', "/", 1);
    let is_label = is_digest && PLATFORMS.contains(&platform.as_str());
    is_label.then_some((platform, source))
}

/// The first 16 digits of a digest.
fn short(digest: &str) -> &str {
    let digits = digest.split_once(':').map_or(digest, |(_, digits)| digits);
    digits.get(..16).unwrap_or(digits)
}

impl Resource for Image {
    const KIND: &'static str = "image";
    const SECTION: &'static str = "images";
    const NAME: NameRule = NameRule::new(
        "tag",
        1..=256 + 1 + TAG,
        "letters, digits, _ . and - in a tag, at most 128, with no . or - first",
        |name| {
            let tag = name.rsplit_once(':').map_or(name, |(_, tag)| tag);
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            tag.len() <= TAG && tag.starts_with(word) && tag.chars().all(|c| word(c) || ".-".contains(c))
        },
    );
    const FIELDS: &'static [Field] = &[];
    type Live = ImageLive;

    fn refs(&self) -> Vec<SpecRef> {
        vec![self.repository.at("repository")]
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = self.source_problems();
        if self.tag().starts_with(LABEL) {
            let message = format!("tags that begin with `{LABEL}` are labform's own");
            problems.push(Problem::at("tag", message));
        }
        if !PLATFORMS.contains(&self.platform()) {
            let message = format!("ECS runs no images for `{}`", self.platform());
            let hint = format!("it runs {}", PLATFORMS.join(", "));
            problems.push(Problem::at("platform", message).hint(hint));
        }
        problems
    }

    fn sourced(&self) -> Option<&dyn Sourced> {
        Some(self)
    }

    fn diff(&self, _want: &Value, live: &ImageLive, others: &Others) -> Diff {
        let mut diff = Diff::default();
        if !live.runs_on(self.platform()) {
            let platforms: Vec<&str> = live.platforms.keys().map(String::as_str).collect();
            diff.update("platform", platforms.join(", "), Some(self.platform().to_owned()));
            return diff;
        }
        let (Some(origin), Some(source)) = (self.origin(), &others.source) else {
            return diff;
        };
        if !live.is_of(self, source) {
            let have = match origin {
                Origin::Context(_) => live.made_of().unwrap_or("not pushed by labform"),
                Origin::Archive(_) | Origin::Mirror(_) => short(live.pretended_of.as_deref().unwrap_or(&live.digest)),
            };
            let (have, want) = (have.into(), short(source).into());
            diff.push(origin.field(), have, want, Effect::Update, Shape::Value);
        }
        diff
    }

    fn readiness(live: &ImageLive, _begun: Option<&ImageLive>) -> Readiness {
        Readiness::Ready(Some(live.summary()))
    }

    fn outputs(place: &Place, name: &str, live: Option<&ImageLive>) -> Vec<Output> {
        let uri = format!("{}/{name}", super::repository::registry(place));
        vec![
            Output::fixed("name", name),
            Output::fixed("uri", uri),
            Output::live("digest", live.map(|live| live.digest.as_str())),
        ]
    }

    fn ids(live: &ImageLive) -> Vec<String> {
        vec![live.uri.clone()]
    }

    /// The making of the repository: an image takes its own name over from the one before.
    fn incarnation(live: &ImageLive) -> String {
        live.repository.clone()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], names: &Names) -> Result<Vec<Found<ImageLive>>> {
        calls::read(cloud, wanted, names).await
    }
}

impl Image {
    fn source_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let origins: Vec<Origin<'_>> = self.origins().collect();
        match origins[..] {
            [] => {
                let hint = "give `context` (a folder with a Dockerfile), `archive` (a tar file or an OCI layout) or \
                            `mirror` (an image of another registry)";
                problems.push(Problem::at("", "it says nothing of what the image is made from").hint(hint));
            }
            [_] => {}
            [first, second, ..] => {
                let message = format!("an image is made from one thing, and there is `{}` too", first.field());
                problems.push(Problem::at(second.field(), message).hint("keep one of the two"));
            }
        }
        for origin in origins {
            problems.extend(self.path_problem(origin));
        }
        let of_context = [
            ("dockerfile", self.dockerfile.is_some()),
            ("target", self.target.is_some()),
            ("buildArgs", self.build_args.is_some()),
        ];
        for (field, _) in of_context.iter().filter(|(_, is_given)| *is_given && self.context.is_none()) {
            let message = "only what is built from a `context` has one";
            problems.push(Problem::at(*field, message).hint("leave it out"));
        }
        if let Some(why) = self.dockerfile.as_deref().and_then(path_problem) {
            let problem = Problem::at("dockerfile", why);
            problems.push(problem.hint("the path starts at the context"));
        }
        for (name, value) in self.build_args.iter().flatten() {
            let path = format!("buildArgs.{name}");
            let is_open = self.not_secret.iter().flatten().any(|open| open == name);
            if !is_open && gives_away(name, value) {
                let message = format!("`{name}` would be readable in the image's history");
                let hint = format!(
                    "give it to the container when it runs: `secrets` in the task definition; if it is no secret, write \
                     `notSecret: [{name}]` beside `buildArgs`"
                );
                problems.push(Problem::at(path, message).hint(hint).secret());
            } else if name.is_empty() || name.contains('=') {
                problems.push(Problem::at(path, format!("`{name}` is not a name for an argument")));
            }
        }
        problems
    }

    fn path_problem(&self, origin: Origin<'_>) -> Option<Problem> {
        let (path, why) = match origin {
            // The lab's own folder is no hidden file.
            Origin::Context("." | "./") => return None,
            Origin::Context(path) | Origin::Archive(path) => (path, path_problem(path)?),
            Origin::Mirror(reference) => return source::mirror_problem(reference),
        };
        let problem = Problem::at(origin.field(), format!("can't take `{path}`: {why}"));
        Some(problem.hint("paths start at the folder of lab.yaml"))
    }
}
