//! `labform init`.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::screen::{Ended, Result, note};
use super::stop::Stop;
use super::{Globals, ask, files, sources, stop};
use crate::draft::{Draft, MOST, What, lab_name, lab_problem};
use crate::error::{DONE, Error};
use crate::report::commands::completed;
use crate::report::{counted, visible};
use crate::spec::region_problem;

/// Write a first lab.yaml
///
/// Asks for the lab's name, its region, and what it holds; what is given isn't asked. With --from, the lab is made of what
/// describes the same application to another tool, and what isn't carried over is said, also in the file. Values that look
/// like secrets aren't copied: the lab takes them from the environment. No file is written over, and no call is made to AWS.
#[derive(Debug, Args)]
pub(super) struct Init {
    /// Make it of this: a Compose file, the folder copilot/ or a manifest in it, or a task definition as JSON
    #[arg(long, value_name = "PATH", conflicts_with_all = ["what", "image", "port"])]
    from: Option<PathBuf>,
    /// The lab's name
    #[arg(long, value_name = "NAME")]
    lab: Option<String>,
    /// Its region, as in eu-west-1
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// What it holds
    #[arg(long, value_name = "WHAT")]
    what: Option<Holds>,
    /// The image of the web service, or of the job if there is no service
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// The port that the image of the web service listens on
    #[arg(long, value_name = "PORT", default_value_t = 80, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Holds {
    /// A service behind a load balancer
    Web,
    /// A container that runs once
    Job,
    /// Both, as in Lab 8
    Both,
}

impl Holds {
    fn what(self) -> What {
        match self {
            Self::Web => What::Web,
            Self::Job => What::Job,
            Self::Both => What::Both,
        }
    }
}

impl Init {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let file = globals.file.as_path();
        if fs::symlink_metadata(file).is_ok() {
            let message = format!("{} is there already, and isn't written over", file.display());
            return Err(Error::refused(message).hint("name another file: `labform init -f FILE`").into());
        }
        self.check()?;
        let made = self.from.as_deref().map(|from| of(from, file)).transpose()?;
        let (draft, lab, region) = match (ask::can_ask(), self.given(made.as_ref())) {
            (_, Some((lab, region))) if self.lab.is_some() && self.region.is_some() => {
                (made.unwrap_or_else(|| self.draft(None)), lab, region)
            }
            (true, _) => stop::run(async |stop| self.ask(&stop, file, made).await)?,
            (false, Some((lab, region))) => (made.unwrap_or_else(|| self.draft(None)), lab, region),
            (false, None) => return Err(self.unasked(made.as_ref()).into()),
        };
        write(file, &draft.text(&lab, &region))?;
        self.tell(globals, &draft)
    }

    /// Refuses what was given and can't be taken.
    fn check(&self) -> Result<()> {
        let problems = [
            ("--lab", self.lab.as_deref().and_then(lab_problem)),
            ("--region", self.region.as_deref().and_then(region_problem)),
        ];
        match problems.into_iter().find_map(|(option, problem)| Some((option, problem?))) {
            Some((option, (message, hint))) => Err(Error::usage(format!("{option}: {message}")).hint(hint).into()),
            None => Ok(()),
        }
    }

    /// The lab's name and region, if both are known without a question, and what it holds is, too.
    fn given(&self, made: Option<&Draft>) -> Option<(String, String)> {
        let own = made.and_then(|draft| draft.name.as_deref()).and_then(lab_name);
        let lab = self.lab.clone().or(own)?;
        let region =
            self.region.clone().or_else(|| made?.region.clone()).filter(|region| region_problem(region).is_none())?;
        (made.is_some() || self.what.is_some() || self.image.is_some()).then_some((lab, region))
    }

    /// The refusal to guess what nobody can be asked for.
    fn unasked(&self, made: Option<&Draft>) -> Error {
        let name = made.and_then(|draft| draft.name.as_deref()).and_then(lab_name);
        let region = made.and_then(|draft| draft.region.as_deref());
        let wanted = [
            ("--lab NAME", self.lab.is_none() && name.is_none()),
            ("--region REGION", self.region.is_none() && region.is_none()),
            ("--what web", made.is_none() && self.what.is_none() && self.image.is_none()),
        ];
        let wanted: Vec<&str> = wanted.iter().filter(|(_, is_wanted)| *is_wanted).map(|(option, _)| *option).collect();
        Error::refused("there is no terminal to ask on, and nothing was written")
            .hint(format!("say it beside `labform init`: {}", wanted.join(" ")))
    }

    async fn ask(&self, stop: &Stop, file: &Path, made: Option<Draft>) -> Result<(Draft, String, String)> {
        let named = self.from.as_deref().unwrap_or(file);
        let of_folder = || files::folder(named).file_name().and_then(|name| lab_name(&name.to_string_lossy()));
        let name = made.as_ref().and_then(|draft| lab_name(draft.name.as_deref()?));
        let name = name.or_else(of_folder).unwrap_or_else(|| "lab".to_owned());
        let lab = match &self.lab {
            Some(lab) => lab.clone(),
            None => ask::asked(stop, "Name of the lab", &name, |text| read(text, lab_problem)).await?,
        };
        let of_environment = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| env::var(name).ok());
        let region = made.as_ref().and_then(|draft| draft.region.clone()).or(of_environment);
        let region = region.filter(|region| region_problem(region).is_none()).unwrap_or_else(|| "eu-west-1".to_owned());
        let region = match &self.region {
            Some(region) => region.clone(),
            None => ask::asked(stop, "Region", &region, |text| read(text, region_problem)).await?,
        };
        let draft = match made {
            Some(draft) => draft,
            None if self.what.is_some() || self.image.is_some() => self.draft(None),
            None => {
                note("A web service, a job, both, or the image of a web service, as in nginx:1.27?");
                let told = ask::asked(stop, "web, job, both or IMAGE", "web", |text| Ok(text.to_owned())).await?;
                self.draft(Some(&told))
            }
        };
        Ok((draft, lab, region))
    }

    /// A lab that is begun anew, as an answer and the options say.
    fn draft(&self, answer: Option<&str>) -> Draft {
        let answered = answer.map(|answer| Holds::from_str(answer, true).map_err(|_| answer));
        match (answered, self.what) {
            (Some(Ok(holds)), _) | (None, Some(holds)) => Draft::new(holds.what(), self.image.as_deref(), self.port),
            (Some(Err(image)), _) => Draft::new(What::Web, Some(image), self.port),
            (None, None) => Draft::new(What::Web, self.image.as_deref(), self.port),
        }
    }

    /// Says what was written, what wasn't carried over, and what is next.
    fn tell(&self, globals: &Globals, draft: &Draft) -> Result<u8> {
        let shown = visible(globals.file.display());
        draft
            .notes()
            .for_each(|one| note(format_args!("not carried over: {}: {}", visible(&one.place), visible(&one.words))));
        let variables = draft.variables();
        if !variables.is_empty() {
            note(format_args!("before an apply, set {}", visible(variables.join(", "))));
        }
        let checked = files::load(globals).and_then(|source| {
            sources::check(&globals.file, &source)?;
            Ok(source)
        });
        match checked {
            Ok(source) => {
                let count = counted(source.lab().nodes.len(), "resource");
                note(format_args!("{shown} is written, and valid: {count}"));
                note(completed("try it without an account: `labform apply --sandbox`"));
                Ok(DONE)
            }
            Err(ended) => {
                note(format_args!("{shown} is written, and has to be mended:"));
                Err(ended)
            }
        }
    }
}

fn read(text: &str, problem: fn(&str) -> Option<(String, String)>) -> Result<String, String> {
    match problem(text) {
        Some((message, hint)) => Err(format!("{message}: {hint}")),
        None => Ok(text.to_owned()),
    }
}

/// Writes a file that is new.
fn write(file: &Path, text: &str) -> Result<()> {
    let failed = |error: std::io::Error| Error::failed(format!("{}: {error}", file.display()));
    // It follows no link, not even one that leads nowhere.
    let mut opened = fs::File::create_new(file).map_err(failed)?;
    opened.write_all(text.as_bytes()).map_err(failed)?;
    Ok(())
}

/// The lab that is made of the file or folder `from`, for lab.yaml in `file`.
fn of(from: &Path, file: &Path) -> Result<Draft> {
    let shown = from.display().to_string();
    let missing =
        |error: std::io::Error| Ended::from(Error::invalid(format!("{shown}: {}", error.to_string().to_lowercase())));
    if !from.is_dir() {
        let text = files::read(from, files::MAX_BYTES).map_err(missing)?;
        return Ok(Draft::of_file(&shown, &text, &base(file, &files::folder(from)))?);
    }
    let folder = if from.join("copilot").is_dir() { from.join("copilot") } else { from.to_owned() };
    let read = |path: &Path| files::read(path, files::MAX_BYTES);
    let mut manifests = Vec::new();
    let entries = fs::read_dir(&folder).map_err(missing)?;
    for entry in entries {
        let name = entry.map_err(missing)?.file_name().to_string_lossy().into_owned();
        let manifest = folder.join(&name).join("manifest.yml");
        // One more than a lab is made of is refused.
        if manifest.is_file() && manifests.len() <= MOST {
            manifests.push((format!("{name}/manifest.yml"), read(&manifest).map_err(missing)?));
        }
    }
    manifests.sort();
    let workspace = read(&folder.join(".workspace")).ok();
    // The paths in manifests start beside the folder.
    let beside = files::folder(&folder.canonicalize().unwrap_or_else(|_| folder.clone()));
    Ok(Draft::of_copilot(&folder.display().to_string(), workspace.as_deref(), &manifests, &base(file, &beside))?)
}

/// The way from the folder of lab.yaml to another one below it; `..` if that isn't below it.
fn base(file: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(files::folder(file)).ok();
    below.map_or_else(|| "..".to_owned(), |below| below.to_string_lossy().replace('\\', "/"))
}
