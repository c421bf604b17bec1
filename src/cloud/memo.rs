//! Answers that are needed more than once in one look at the lab.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::{Cloud, Result};
use crate::model::Tags;

type Answer = Arc<dyn Any + Send + Sync>;

/// What was answered in one look. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    /// Answers by what was asked.
    answers: Arc<Mutex<BTreeMap<String, Arc<OnceCell<Answer>>>>>,
    /// Tags by the ARN of the object.
    tags: Arc<Mutex<BTreeMap<String, Tags>>>,
    /// The names under which something stands, by kind, of the kinds that were listed.
    names: Arc<Mutex<BTreeMap<&'static str, BTreeSet<String>>>>,
}

impl Cloud {
    /// Returns this cloud for one look at the lab, which may take many calls: what is asked twice is answered once. A part
    /// of a look is the same look.
    pub fn look(&self) -> Self {
        Self { memo: Some(self.memo.clone().unwrap_or_default()), ..self.clone() }
    }

    /// Returns this cloud for one more look, with the same tag index if there is one.
    pub fn look_again(&self) -> Self {
        Self { memo: Some(Memo::default()), ..self.clone() }
    }

    /// Returns this cloud with nothing remembered, neither an answer nor an index: what is read so decides.
    pub fn anew(&self) -> Self {
        Self { index: None, memo: None, ..self.clone() }
    }

    /// Returns what `fetch` gives, which answers `question`. In a look all who ask the same share one answer; elsewhere
    /// every caller asks anew.
    ///
    /// # Errors
    /// The error of `fetch`; the next caller tries again.
    pub async fn once<T: Send + Sync + 'static>(
        &self,
        question: &str,
        fetch: impl Future<Output = Result<T>> + Send,
    ) -> Result<Arc<T>> {
        let Some(memo) = &self.memo else {
            return Ok(Arc::new(fetch.await?));
        };
        let cell = memo
            .answers
            .lock()
            .expect("nothing panics while it holds the lock")
            .entry(question.to_owned())
            .or_default()
            .clone();
        let answer =
            cell.get_or_try_init(|| async { Ok::<_, super::CloudError>(Arc::new(fetch.await?) as Answer) }).await?;
        Ok(answer.clone().downcast().expect("a question has answers of one type"))
    }

    /// Takes note of the tags of the object with this ARN, which its service has just told.
    pub fn learn_tags(&self, arn: &str, tags: &Tags) {
        if let Some(memo) = &self.memo {
            let mut known = memo.tags.lock().expect("nothing panics while it holds the lock");
            known.insert(arn.to_owned(), tags.clone());
        }
    }

    /// Takes note of the names of all objects of a kind, or of all that can be the lab's.
    pub fn learn_names<'n>(&self, kind: &'static str, names: impl Iterator<Item = &'n str>) {
        if let Some(memo) = &self.memo {
            let mut known = memo.names.lock().expect("nothing panics while it holds the lock");
            known.insert(kind, names.map(str::to_owned).collect());
        }
    }

    /// Returns whether an object of this kind may stand under this name: not if the kind was listed in this look, and the
    /// name wasn't among those that it has.
    pub fn may_be_there(&self, kind: &str, name: &str) -> bool {
        let Some(memo) = &self.memo else { return true };
        let known = memo.names.lock().expect("nothing panics while it holds the lock");
        known.get(kind).is_none_or(|names| names.contains(name))
    }

    /// The tags of the object with this ARN, if its service has told them in this look.
    pub fn told_tags(&self, arn: &str) -> Option<Tags> {
        self.memo.as_ref()?.tags.lock().expect("nothing panics while it holds the lock").get(arn).cloned()
    }
}
