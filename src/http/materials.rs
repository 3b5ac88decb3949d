//! The pictures that a job is sent along with: found or fetched before anything is spent.

use futures::future::try_join_all;
use picasso_actors::address::ActorName;
use picasso_actors::ids::{ProgressionId, ProjectId};
use picasso_actors::ingest::Input;
use picasso_actors::ingest::guard::Rules;
use picasso_actors::job::Spec;
use picasso_actors::job::wishes::Materials;
use picasso_actors::project;
use picasso_actors::protocol::{self, RefusalCode, Reply};
use worker::Env;

use super::problem::Problem;
use super::reply;
use crate::ingest::{self, Keep, Resolved};
use crate::runtime::mailbox;

/// Finds or fetches every picture that the specification names.
///
/// # Errors
/// What's wrong with one, with its field.
pub async fn find(env: &Env, spec: &mut Spec, origin: &str, keep: Keep) -> Result<(), Problem> {
    let rules = ingest::rules(env, origin);
    let (project, wishes) = (&spec.project_id, &spec.wishes);
    let named =
        [("startImageUrl".to_owned(), wishes.start.as_ref()), ("mask".to_owned(), wishes.mask.as_ref())];
    let references = wishes.references.iter().enumerate();
    let references = references.map(|(n, text)| (format!("referenceImageUrls[{n}]"), Some(text)));
    // All at once: a job with many of them waits for the slowest, not for their sum.
    let found = named
        .into_iter()
        .chain(references)
        .map(|(field, text)| picture(env, project, field, text, &rules, keep));
    let mut found = try_join_all(found).await?.into_iter();
    let (start, mask) = (found.next().flatten(), found.next().flatten());
    let (start, parent) = start.map_or((None, None), |(input, parent)| (Some(input), parent));
    let references = found.flatten().map(|(input, _)| input).collect();
    spec.materials =
        Materials { start, parent, references, mask: mask.map(|(input, _)| input), address: None };
    Ok(())
}

/// A picture that a job begins with, and the progression that it is.
async fn picture(
    env: &Env,
    project: &ProjectId,
    field: String,
    text: Option<&String>,
    rules: &Rules,
    keep: Keep,
) -> Result<Option<(Input, Option<ProgressionId>)>, Problem> {
    let Some(text) = text else { return Ok(None) };
    match ingest::resolve(env, project, text, rules, keep).await {
        Ok(Resolved::Input(input)) => Ok(Some((input, None))),
        Ok(Resolved::Progression(id)) => {
            let of = protocol::Message::Project(project::Message::Picture(id.clone()));
            match mailbox::ask(env, ActorName::Project(project.clone()), of).await? {
                Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound => {
                    Err(Problem::field(422, &field, "the project has no picture with this id"))
                }
                found => Ok(Some((serde_json::from_str(reply::body(found)?.get())?, Some(id)))),
            }
        }
        Err(error) => Err(Problem::picture(&field, &error)),
    }
}
