//! What must hold at the end: nothing is lost, nothing is there twice, and everybody knows the same.

use picasso_actors::address::ActorName;
use picasso_actors::entropy::Entropy as _;
use picasso_actors::ids::{JobId, ProjectId};
use picasso_actors::job::Selection;
use picasso_actors::job::journal::{Done, Event, Status, Variant};
use picasso_actors::job::judge::Judgment;
use picasso_actors::job::plan;
use picasso_actors::job::store::{self, State};
use picasso_actors::project::likeness::{Hash, THRESHOLD};
use picasso_actors::sql::{Row, Value};

use crate::schedule::Schedule;
use crate::universe::Job;
use crate::watch::Phase;
use crate::world::database::Database;
use crate::world::seed::Seed;

/// A job's longest way without trouble, in milliseconds: the slowest attempts one after the other, twice for those that wait.
const UNTROUBLED_MS: i64 = 45_000;
/// What a job whose deadline is over needs for a verdict that was under way (its lease, should nobody report) and for its
/// project's answers.
const AFTER_DEADLINE_MS: i64 = 70_000 + 2_000;
/// What a death, or a parcel's bad luck, may cost it: the lag, a lane's longest wait, the guard.
const TROUBLE_MS: i64 = 15_000;
/// What an attempt's bad luck may cost it: a lease.
const BAD_LUCK_MS: i64 = 330_000;

/// Everything that was promised, a day after the dawn.
pub fn check(it: &mut Schedule<'_>) {
    for job in &it.universe.jobs {
        check_job(it, job);
    }
    check_streams(it);
    check_projects(it);
    for me in it.world.names() {
        let sql = it.world.sql(&me);
        let left = sql.number("SELECT COUNT(*) FROM outbox WHERE dead = 0 OR requeued_at IS NULL");
        assert_eq!(left, 0, "{me} has something that it didn't send");
    }
    let outside = &it.world.outside;
    assert_eq!(outside.paid as usize, outside.r2.len(), "a picture was paid for twice");
}

/// What must be so once nothing is left to do.
pub fn check_rest(it: &mut Schedule<'_>) {
    for me in it.world.names() {
        assert_eq!(it.world.alarm(&me), None, "{me} can't sleep");
        let kept = it.world.sql(&me).number("SELECT COUNT(*) FROM inbox_asks");
        assert_eq!(kept, 0, "{me} keeps replies for ever");
    }
}

fn check_job(it: &mut Schedule<'_>, job: &Job) {
    let me = job.name();
    let sql = it.world.sql(&me);
    let head = store::head(sql).unwrap().unwrap();
    assert_eq!(head.state, State::Complete, "{me}");
    assert_eq!((head.completed + head.failed + head.cancelled) as usize, job.size(), "{me}");
    let variants = store::variants(sql).unwrap();
    assert_eq!(variants.len(), job.size() + head.superseded as usize, "{me}");
    assert_eq!(variants.iter().filter(|variant| variant.is_current()).count(), job.size(), "{me}");
    let mut repeated = 0;
    for variant in &variants {
        repeated += check_journal(sql, &head, variant);
        let asked = |(id, selection): &(JobId, Selection)| {
            *id == job.id && selection.takes(variant.provider, variant.index)
        };
        assert!(!variant.is_cancelled() || it.cancelled.iter().any(asked), "nobody cancelled {variant:?}");
    }
    assert!(head.superseded == 0 || it.retried.contains(&job.id), "nobody wanted a retry of {me}");
    check_time(it, job, &head, repeated);
    check_story(it, job, &variants);
    check_rows(it, job, &variants);
    let columns = "state, completed, failed, cancelled, superseded, passed, near_duplicates, created_at, updated_at, revision";
    let mine = rows(it.world.sql(&me), &format!("SELECT {columns} FROM job"), &[]);
    let theirs =
        rows(&it.world.d1, &format!("SELECT {columns} FROM jobs WHERE id = ?"), &[job.id.as_str().into()]);
    assert_eq!(theirs, mine, "D1's row of {me}");
    let mine = rows(it.world.sql(&me), "SELECT id FROM calls ORDER BY id", &[]);
    let query = "SELECT id FROM provider_calls WHERE job_id = ? ORDER BY id";
    assert_eq!(rows(&it.world.d1, query, &[job.id.as_str().into()]), mine, "D1's calls of {me}");
}

/// The journal folds to the variant. Gives how many of its attempts led to another.
fn check_journal(sql: &Database, head: &store::Head, variant: &Variant) -> usize {
    let slot = plan::Slot {
        ordinal: variant.ordinal,
        provider: variant.provider,
        index: variant.index,
        retry_of: variant.retry_of,
        composes: false,
    };
    let deadline = variant.deadline_at.unwrap();
    let mut folded = Variant::new(slot, deadline - i64::try_from(head.spec.deadline_ms).unwrap(), deadline);
    let (mut stored, mut repeated) = (0, 0);
    for (event, at) in store::journal(sql, variant.ordinal).unwrap() {
        stored += usize::from(matches!(event, Event::Done(Done::Store(_)) | Event::Discarded(_)));
        repeated += usize::from(matches!(event, Event::Lapsed { .. } | Event::Retry { .. }));
        folded.apply(&event, at).unwrap();
    }
    assert_eq!(folded, *variant, "the journal tells another story");
    assert!(stored <= 1, "{stored} results of one variant were accepted");
    if let Status::Failed(failure) = &variant.status {
        let late = failure.message.starts_with("no picture within");
        let kept = store::journal(sql, variant.ordinal).unwrap();
        let kept = kept.iter().any(|(event, _)| matches!(event, Event::Done(Done::Store(_))));
        assert!(!late || !kept, "a picture that was there came too late: {variant:?}");
    }
    repeated
}

/// It took no longer than what went wrong explains.
fn check_time(it: &Schedule<'_>, job: &Job, head: &store::Head, repeated: usize) {
    // Whoever tries a job again later makes it longer.
    if head.superseded > 0 || head.cancelled > 0 {
        return;
    }
    let (rates, chaos) = (it.universe.rates, it.chaos.borrow());
    let took = head.updated_at - head.created_at;
    let faults = i64::try_from(chaos.fired.len()).unwrap();
    let away: i64 = it.universe.outages.iter().map(|outage| outage.to - outage.from).sum();
    let each = if rates.outside > 0 { BAD_LUCK_MS } else { TROUBLE_MS };
    let most = UNTROUBLED_MS + faults * each + 2 * away;
    // What the deadline leaves open waits for one verdict at most.
    let ended =
        i64::try_from(job.whole_deadline_ms).unwrap() + AFTER_DEADLINE_MS + faults * TROUBLE_MS + 2 * away;
    let most = most.min(ended);
    assert!(took <= most, "it took {took} ms, though {faults} faults explain {most} at most");
    // A provider may take longer than the shortest deadline.
    if it.universe.quiet() && job.deadline_ms.min(job.whole_deadline_ms) > UNTROUBLED_MS.unsigned_abs() {
        assert_eq!((repeated, head.failed), (0, 0), "attempts were repeated though nothing went wrong");
    }
}

/// The stream tells the end of each variant once, as it was.
fn check_story(it: &Schedule<'_>, job: &Job, variants: &[Variant]) {
    let story = it.watch.readers[job.session].stories.get(job.id.as_str());
    let Some(story) = story else { panic!("nobody heard of {}", job.id) };
    assert!(story.closed, "the end of {} wasn't told", job.id);
    assert_eq!(story.variants.len(), variants.len());
    for variant in variants {
        let told = story.variants.get(&variant.ordinal).copied();
        let is = if variant.status == Status::Complete { Phase::Complete } else { Phase::Failed };
        assert_eq!(told, Some(is), "{variant:?}");
    }
    assert!(story.reopened == 0 || it.retried.contains(&job.id), "{} ended more than once", job.id);
}

/// The project has one row of each picture, and job and project think the same of it.
fn check_rows(it: &mut Schedule<'_>, job: &Job, variants: &[Variant]) {
    let project = it.world.sql(&job.project());
    let query = "SELECT id, near_duplicate_of, judgment FROM progressions WHERE job_id = ? ORDER BY variant_index, id";
    let found = rows(project, query, &[job.id.as_str().into()]);
    let mut expected: Vec<Row> = variants
        .iter()
        .filter(|it| it.status == Status::Complete)
        .map(|variant| {
            let near = variant.near_duplicate_of.as_ref().map(|it| it.progression_id.to_string());
            let judgment = variant.verdict.as_ref().and_then(|it| it.judgment).map(Judgment::as_str);
            Row(vec![format!("{}-{}", job.id, variant.ordinal).into(), near.into(), judgment.into()])
        })
        .collect();
    let key = |row: &Row| row.text(0).unwrap();
    let mut found = found;
    found.sort_by_key(key);
    expected.sort_by_key(key);
    assert_eq!(found, expected, "rows of {}", job.id);
}

fn check_streams(it: &mut Schedule<'_>) {
    let mut dice = Seed(it.universe.seed ^ 0x57ea);
    for n in 0..it.watch.readers.len() {
        it.watch.look(&mut it.world);
        let have = it.watch.readers[n].log.len();
        let since = dice.below(have as u64 + 1);
        let limit = 1 + u32::try_from(dice.below(have as u64 + 3)).unwrap();
        it.watch.replay(&mut it.world, n, since, limit);
        let all = it.watch.readers[n].replay(&mut it.world, 0, 1_000);
        assert_eq!(all, it.watch.readers[n].log, "what is kept is what was sent");
    }
}

fn check_projects(it: &mut Schedule<'_>) {
    for id in &it.universe.projects {
        let me = ActorName::Project(id.clone());
        let sql = it.world.sql(&me);
        check_likeness(sql);
        let open = sql.number("SELECT COUNT(*) FROM jobs WHERE closed_at IS NULL");
        assert_eq!(open, 0, "{me} takes a job for open that has ended");
        let head = "name, description, created_at, updated_at, revision";
        let mine = rows(sql, &format!("SELECT {head} FROM project"), &[]);
        let pictures = rows(
            sql,
            "SELECT id, parent_id, prompt, generated_image_url, original_image_r2_key, provider, notes, tags, judgment,
               created_at, job_id, variant_index, model, refined_prompt, phash, near_duplicate_of,
               near_duplicate_distance, retry_suggestion, operation, revision FROM progressions ORDER BY id",
            &[],
        );
        let theirs =
            rows(&it.world.d1, &format!("SELECT {head} FROM projects WHERE id = ?"), &[id.as_str().into()]);
        assert_eq!(theirs, mine, "D1's row of {me}");
        let theirs = rows(
            &it.world.d1,
            "SELECT id, parent_progression_id, prompt, generated_image_url, original_image_r2_key, ai_provider, ai_notes,
               ai_tags, judgment, created_at, job_id, variant_index, model, refined_prompt, phash, near_duplicate_of,
               near_duplicate_distance, retry_suggestion, operation, revision FROM image_progressions
             WHERE project_id = ? ORDER BY id",
            &[id.as_str().into()],
        );
        assert_eq!(theirs, pictures, "D1's rows of {me}");
        check_money(it, id);
    }
    for id in &it.universe.artifacts {
        let me = ActorName::Artifact(id.clone());
        let sql = it.world.sql(&me);
        let mine = rows(sql, "SELECT edition ->> '$.title', updated_at, revision FROM artifact", &[]);
        let query = "SELECT title, updated_at, revision FROM artifacts WHERE id = ?";
        let linked = "SELECT COUNT(*) FROM project_artifacts WHERE artifact_id = ? AND revision = ?";
        for row in &mine {
            let of = [id.as_str().into(), row.0[2].clone()];
            let links = rows(&it.world.d1, linked, &of)[0].integer(0).unwrap();
            assert_eq!(usize::try_from(links), Ok(it.universe.projects.len()), "D1's projects of {me}");
        }
        assert_eq!(rows(&it.world.d1, query, &[id.as_str().into()]), mine, "D1's row of {me}");
    }
    check_parked(it);
}

/// Project and D1 have the same ledger, and the project's sums are its rows'.
fn check_money(it: &mut Schedule<'_>, id: &ProjectId) {
    let sql = it.world.sql(&ActorName::Project(id.clone()));
    let mine = rows(sql, "SELECT id, job_id, nanousd, revision FROM costs ORDER BY id", &[]);
    let spent = "SELECT spent - (SELECT COALESCE(SUM(counted), 0) FROM costs) FROM project";
    assert_eq!(sql.number(spent), 0, "{id} has spent something else than its calls");
    let query =
        "SELECT id, job_id, cost_nanousd, revision FROM provider_calls WHERE project_id = ? ORDER BY id";
    assert_eq!(rows(&it.world.d1, query, &[id.as_str().into()]), mine, "D1's ledger of {id}");
}

/// Operators see everything that was ever parked.
fn check_parked(it: &mut Schedule<'_>) {
    let mut mine = Vec::new();
    for me in it.world.names() {
        let dead =
            rows(it.world.sql(&me), "SELECT seq, requeued_at FROM outbox WHERE dead = 1 ORDER BY seq", &[]);
        mine.extend(dead.into_iter().map(|row| (me.to_string(), row)));
    }
    let theirs =
        rows(&it.world.d1, "SELECT seq, requeued_at, actor FROM outbox_dead ORDER BY actor, seq", &[]);
    let mut theirs: Vec<_> =
        theirs.into_iter().map(|row| (row.text(2).unwrap(), Row(row.0[..2].to_vec()))).collect();
    theirs.sort_by_key(|(actor, row)| (actor.clone(), row.integer(0).unwrap()));
    mine.sort_by_key(|(actor, row)| (actor.clone(), row.integer(0).unwrap()));
    assert_eq!(theirs, mine, "D1's rows of what was parked");
}

/// What is marked is near to a measure; measures are far from each other.
fn check_likeness(sql: &Database) {
    let all = rows(
        sql,
        "SELECT id, phash, near_duplicate_of, near_duplicate_distance FROM progressions WHERE phash IS NOT NULL",
        &[],
    );
    let hash = |row: &Row| Hash::parse(&row.text(1).unwrap()).unwrap();
    let measures: Vec<&Row> =
        all.iter().filter(|row| row.0[2] == Value::Null && !hash(row).is_flat()).collect();
    for (n, one) in measures.iter().enumerate() {
        for other in &measures[n + 1..] {
            assert!(hash(one).distance(hash(other)) > THRESHOLD, "unmarked twins: {one:?} {other:?}");
        }
    }
    for twin in all.iter().filter(|row| row.0[2] != Value::Null) {
        let of = measures.iter().find(|row| row.0[0] == twin.0[2]);
        let Some(of) = of else { panic!("a twin of what is no measure: {twin:?}") };
        assert_eq!(twin.integer(3), Ok(i64::from(hash(twin).distance(hash(of)))), "{twin:?}");
    }
}

fn rows(sql: &Database, query: &str, params: &[Value]) -> Vec<Row> {
    sql.rows(query, params)
}
