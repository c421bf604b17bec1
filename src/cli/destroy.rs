//! `labform destroy`.

use std::collections::BTreeMap;

use clap::Args;

use super::ask::Question;
use super::class::{Class, Task};
use super::many::{Manner, Many};
use super::narrow::Narrow;
use super::reporting::Reporting;
use super::screen::{Ended, Json, Result, Voice, note};
use super::session::Session;
use super::stop::Stop;
use super::teardown::Found;
use super::{Globals, ask, files, stop};
use crate::apply::Emptying;
use crate::cloud;
use crate::error::{DONE, Error, NOTHING_THERE, PARTLY};
use crate::live::{self, Reading, Snapshot};
use crate::plan::{self, Scope};
use crate::report::certificate::unlisted;
use crate::report::commands::quoted;
use crate::report::visible;
use crate::spec::{Lab, Source, region_problem};

/// Delete what the lab owns, and nothing else
///
/// What the lab owns is told by its owner tags, so that it also works without lab.yaml: --lab and --region.
#[derive(Debug, Args)]
pub(super) struct Destroy {
    #[command(flatten)]
    pub(super) class: Class,
    #[command(flatten)]
    pub(super) narrow: Narrow,
    /// The lab's name, where there is no lab.yaml
    #[arg(long, value_name = "NAME", requires = "region", conflicts_with_all = ["narrow", "file", "var", "roster"])]
    lab: Option<String>,
    /// The lab's region, where there is no lab.yaml
    #[arg(long, value_name = "REGION", requires = "lab")]
    region: Option<String>,
    #[command(flatten)]
    many: Many,
    /// Empty buckets and repositories too, and delete the data of file systems, whatever lab.yaml says
    #[arg(long)]
    empty: bool,
    /// Exit with 7 where there is nothing to destroy
    #[arg(long)]
    must_exist: bool,
    /// Refuse to delete more objects than that; lab.yaml's `maxDeletes` doesn't count then
    #[arg(long, value_name = "N")]
    max_deletes: Option<usize>,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    json: Json,
}

impl Destroy {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.class.folder("destroy"))?;
        let asks = "Destroy all of this? There is no way back.";
        let task = Task {
            asks,
            checks: &|_, source| Ok(self.narrow.narrowing().for_destroy(source.lab()).map(drop)?),
            ..Task::new("destroy")
        };
        let one = async |globals: &Globals, voice: &Voice, stop: &Stop| self.prepare(globals, voice, stop).await;
        voice.tell(match self.class.name() {
            // One lab, or several of one account, are reported on here.
            None => stop::run(async |stop| one(globals, &voice, &stop).await),
            Some(_) if self.many.is_asked() => {
                self.class.run_in_accounts(self.many.regions(), globals, &voice, task, &one)
            }
            Some(_) => self.class.run(globals, &voice, task, &one),
        })
    }

    /// The options without which the same command would do something else.
    pub(super) fn own(&self) -> Vec<String> {
        let lab = self.lab.iter().map(|lab| ("--lab", quoted(lab)));
        let region = self.region.iter().map(|region| ("--region", quoted(region)));
        let most = self.max_deletes.iter().map(|most| ("--max-deletes", most.to_string()));
        let pairs = lab.chain(region).chain(most).flat_map(|(name, value)| [name.to_owned(), value]);
        let pairs = pairs.chain(self.many.words());
        pairs.chain(self.empty.then(|| "--empty".to_owned())).collect()
    }

    async fn prepare(&self, globals: &Globals, voice: &Voice, stop: &Stop) -> Result<u8> {
        if self.many.is_asked() {
            let how = Manner {
                report: self.class.folder("destroy")?.filter(|_| globals.student.is_none()),
                emptying: self.emptying(),
                max_deletes: self.max_deletes,
                must_exist: self.must_exist,
                asks: !self.yes,
            };
            return self.many.destroy(globals, how, voice, stop).await;
        }
        if let (Some(lab), Some(region)) = (&self.lab, &self.region) {
            if let Some((message, hint)) = region_problem(region) {
                return Err(Error::invalid(message).hint(hint).into());
            }
            let find = by_tag(globals, (lab, region), voice, stop);
            return self.reported((lab, region), globals, voice, stop, find).await;
        }
        let source = files::load(globals)?;
        let find = self.by_file(globals, &source, voice, stop);
        self.reported((source.name(), source.region()), globals, voice, stop, find).await
    }

    /// Destroys the lab that is found, and reports what became of it if anybody asks for that.
    async fn reported(
        &self,
        (lab, region): (&str, &str),
        globals: &Globals,
        voice: &Voice,
        stop: &Stop,
        find: impl Future<Output = Result<Found>>,
    ) -> Result<u8> {
        // The report of a class is one for all.
        let folder = self.class.folder("destroy")?.filter(|_| globals.student.is_none());
        let mut reporting = Reporting::begin(folder, "destroy", lab, region)?;
        let work = async {
            let found = find.await?;
            reporting.found(&found.account)?;
            self.destroy(&found, voice, stop, &mut reporting).await
        };
        let result = work.await;
        reporting.end(&result)?;
        result
    }

    async fn by_file(&self, globals: &Globals, source: &Source, voice: &Voice, stop: &Stop) -> Result<Found> {
        let scope = self.narrow.narrowing().for_destroy(source.lab())?;
        let session = stop.or(Session::open(globals, source.region())).await?;
        let look = session.cloud.look();
        let Reading { lab, account, live } = stop.or(live::read_to_destroy(&look, source)).await?;
        session.introduce(voice, source.name(), &account)?;
        spare_foreign(&lab, &live, &scope);
        Ok(Found { session, look, account, place: lab.place.clone(), lab: Some(lab), live, scope })
    }

    async fn destroy(&self, found: &Found, voice: &Voice, stop: &Stop, reporting: &mut Reporting) -> Result<u8> {
        let Found { session, account, place, lab, .. } = found;
        let planned = found.plan(voice, stop).await?;
        let plan = &planned.plan;
        reporting.kept(plan);
        if plan.is_empty() && !plan.kept.is_empty() {
            return Ok(PARTLY);
        }
        if plan.is_empty() && !planned.is_blind {
            tell_labs(found, stop).await?;
            unlisted(&planned.live.unlisted).into_iter().for_each(note);
            return Ok(match found.tell_unlooked(&planned.live.unlisted, reporting) {
                DONE if self.must_exist => NOTHING_THERE,
                code => code,
            });
        }
        let of_lab = lab.as_ref().and_then(|lab| lab.max_deletes);
        plan.limit_deletes(self.max_deletes.or(of_lab))?;
        plan.refuse_forbidden()?;
        if !self.yes && !plan.is_empty() {
            let (asks, made) = ("Destroy all of the above? There is no way back.", planned.made.clone());
            let question = Question { asks, plan: Some(plan), session, account, made, expected: &place.lab };
            ask::confirm(stop, &question).await?;
        }
        found.carry_out(planned, self.emptying(), voice, stop, reporting).await
    }

    fn emptying(&self) -> Emptying {
        if self.empty { Emptying::All } else { Emptying::AsLabSays }
    }
}

/// Finds what the lab owns without its file.
async fn by_tag(globals: &Globals, (lab, region): (&str, &str), voice: &Voice, stop: &Stop) -> Result<Found> {
    let session = stop.or(Session::open(globals, region)).await?;
    let identity = async { cloud::identity(&session.cloud).await.map_err(|error| Ended::Error(error.into())) };
    let account = stop.or(identity).await?;
    session.introduce(voice, lab, &account)?;
    Found::by_tag(session, &account, lab, stop).await
}

/// Says which labs there are, as far as the tag index knows, and where else the one that was asked for has roles.
async fn tell_labs(Found { session, place, .. }: &Found, stop: &Stop) -> Result<()> {
    let cloud = &session.cloud;
    let none = BTreeMap::new();
    let look = async { Ok::<_, Error>(futures::join!(live::labs(cloud, &none), cloud.role_places(Some(&place.lab)))) };
    // Who may not read them is told nothing, as there is nothing to be done either way.
    let (labs, places) = stop.or(look).await?;
    let (labs, places) = (labs.unwrap_or_default(), places.unwrap_or_default());
    let others = labs.iter().filter(|lab| lab.lab != place.lab);
    let others: Vec<String> = others.map(|lab| format!("{} ({})", visible(&lab.lab), lab.objects)).collect();
    let regions = places.keys().map(|(_, region)| region).filter(|region| **region != place.region);
    let regions: Vec<String> = regions.map(|region| visible(region).to_string()).collect();
    let nothing = format!("the lab {} has nothing in {}", visible(&place.lab), visible(&place.region));
    note(match (regions.as_slice(), others.as_slice()) {
        ([], []) => format!("{nothing}, and no other lab has: is it in another region or account?"),
        ([], others) => format!("{nothing}; labs with objects there, by AWS's tag index: {}", others.join(", ")),
        (regions, _) => {
            format!("{nothing}, and has roles for {}: look there with --lab and --region", regions.join(", "))
        }
    });
    Ok(())
}

/// Says which objects have a name of the lab's without belonging to it.
pub(super) fn spare_foreign(lab: &Lab, live: &Snapshot, scope: &Scope) {
    for (object, whose) in plan::foreign(lab, live, scope) {
        let (address, name) = (visible(&object.address), visible(&object.name));
        note(format_args!("{address}: `{name}` is left alone: {}", visible(whose)));
    }
}
