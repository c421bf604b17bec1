//! The destroying of one lab that was found: the plan is shown, carried out, and proven.

use super::record;
use super::reporting::Reporting;
use super::screen::{Result, Voice, learn};
use super::session::Session;
use super::stop::Stop;
use crate::apply::{Emptying, Executor, Unread, foresee};
use crate::cloud::{Account, Cloud};
use crate::error::{DONE, Error, INTERRUPTED, PARTLY};
use crate::jobs::{self, RunningTasks};
use crate::live::{self, Object, Snapshot, Unlisted};
use crate::plan::{self, Plan, Scope};
use crate::report::certificate::unlisted;
use crate::report::plan::Purpose;
use crate::resource::{NO_VPC, Place};
use crate::spec::Lab;

/// The lab that is to be destroyed, and its account.
pub(super) struct Found {
    pub(super) session: Session,
    /// The look at the account that the plan is made of.
    pub(super) look: Cloud,
    pub(super) account: Account,
    pub(super) place: Place,
    /// The lab, if there is a file of it.
    pub(super) lab: Option<Lab>,
    pub(super) live: Snapshot,
    pub(super) scope: Scope,
}

/// All that is to be done to a lab, as it was shown.
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// The words on who else made the lab, if somebody else did.
    pub(super) made: Option<String>,
    pub(super) live: Snapshot,
    /// Whether something that may be the lab's can't be looked at.
    pub(super) is_blind: bool,
    tasks: RunningTasks,
}

impl Found {
    /// Finds what the lab owns without its file.
    pub(super) async fn by_tag(session: Session, account: &Account, lab: &str, stop: &Stop) -> Result<Self> {
        let look = session.cloud.look();
        let live = stop.or(live::list(&look, lab, None)).await?;
        let place = Place {
            lab: lab.to_owned(),
            account: account.id.clone(),
            region: look.region.clone(),
            partition: account.partition().to_owned(),
            vpc: NO_VPC.to_owned(),
        };
        Ok(Self { session, look, account: account.clone(), place, lab: None, live, scope: Scope::all() })
    }

    /// Works out what is to be destroyed, and shows it.
    pub(super) async fn plan(&self, voice: &Voice, stop: &Stop) -> Result<Planned> {
        let Self { session, look, account, place, lab, live, scope } = self;
        let made = record::tell(voice, &place.lab, &live.record(&place.lab), account)?;
        // What can't be looked at may be the lab's: then it is never said that nothing is there.
        let unseen = live.objects.iter().filter(|one| one.unseen.is_some() && scope.contains(&one.address));
        let unseen: Vec<Object> = unseen.cloned().collect();
        let mut live = live.clone();
        let mut plan = plan::plan_destroy(place, &live, scope);
        if plan.is_empty() && plan.kept.is_empty() {
            // The tag index may have missed what is new: nothing is there only once every service has been asked.
            live = stop.or(live::list(look, &place.lab, lab.as_ref())).await?;
            live.objects.extend(unseen.iter().cloned());
            plan = plan::plan_destroy(place, &live, scope);
        }
        let foresee = foresee(look, lab.as_ref(), &live, plan);
        let plan = stop.or(async { Ok::<_, Error>(foresee.await) }).await?;
        if unseen.is_empty() || !plan.is_empty() || !plan.kept.is_empty() {
            voice.plan(&plan, scope, Purpose::Destroy)?;
        }
        let tasks = jobs::running_tasks(&session.cloud, lab.as_ref(), &live, &plan);
        let tasks = stop.or(tasks).await?;
        voice.tasks_to_stop(&tasks.tasks)?;
        Ok(Planned { plan, made, live, is_blind: !unseen.is_empty(), tasks })
    }

    /// Destroys what was shown, and says what is left.
    pub(super) async fn carry_out(
        &self,
        planned: Planned,
        emptying: Emptying,
        voice: &Voice,
        stop: &Stop,
        reporting: &mut Reporting,
    ) -> Result<u8> {
        let (Self { session, lab, scope, .. }, Planned { plan, live, tasks, .. }) = (self, planned);
        let begun = session.cloud.now();
        let observer = voice.observer(&session.cloud, &plan);
        let executor = Executor { cloud: &session.cloud, observer: &observer, stop: stop.token() };
        let destroy = async {
            let stopped = jobs::stop_tasks(&executor, lab.as_ref(), &live, &plan, tasks).await;
            stopped.map_err(Unread::before_any_step)?;
            executor.tear_down(&plan, lab.as_ref(), &live, scope, emptying).await
        };
        let destroyed = stop.finish(destroy).await;
        // A live view has to be gone before anything else is printed.
        drop(observer);
        let destroyed = match destroyed {
            Ok(destroyed) => destroyed,
            Err(unread) => {
                voice.incomplete(Purpose::Destroy, &unread.outcome, session.cloud.since(begun))?;
                return if stop.asked() { Ok(INTERRUPTED) } else { Err(unread.error.into()) };
            }
        };
        if stop.asked() {
            voice.incomplete(Purpose::Destroy, &destroyed.outcome, session.cloud.since(begun))?;
            return Ok(INTERRUPTED);
        }
        reporting.destroyed(&plan, &destroyed);
        voice.destroyed(&plan, scope, &destroyed, (begun, session.cloud.now()))?;
        let looked = self.tell_unlooked(&destroyed.unlisted, reporting);
        Ok(if destroyed.is_whole() && plan.kept.is_empty() { looked } else { PARTLY })
    }

    /// Returns those of the kinds which AWS doesn't list for the caller that the lab may have something of: no file says
    /// that it has nothing, and the account isn't a learner's, in which nobody makes any.
    pub(super) fn unlooked<'k>(&self, kinds: &'k [Unlisted]) -> &'k [Unlisted] {
        if self.lab.is_some() || self.account.is_learner() { &[] } else { kinds }
    }

    /// Has what couldn't be looked for reported, and returns the exit code for that.
    pub(super) fn tell_unlooked(&self, kinds: &[Unlisted], reporting: &mut Reporting) -> u8 {
        let Some(words) = unlisted(self.unlooked(kinds)) else {
            return DONE;
        };
        learn(|member| member.missed(&words));
        reporting.missed(words);
        PARTLY
    }
}
