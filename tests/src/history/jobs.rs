//! Jobs: each variant ends once, each job closes once, D1 agrees, no picture is paid for without need, and a restart is
//! followed by work.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Frame, History, Micros, Rule, Violation};

/// Within this, in microseconds, a job that was open at a kill shows life after the restart.
pub const RESUME_LIMIT: Micros = 5_000_000;

/// How far a variant is once its picture is stored, in percent.
const STORED: u64 = 60;
/// How far an ended variant is.
const ENDED: u64 = 100;

/// A variant of a job: provider and index among that provider's.
pub type Variant = (String, u64);

/// A request for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Its id, when it's known; a request whose answer was lost may still have made one.
    pub job: Option<String>,
    /// When it was acknowledged.
    pub acknowledged: Option<Micros>,
    /// In the prompt of this job and no other.
    pub word: String,
    /// What was asked for.
    pub variants: BTreeSet<Variant>,
}

/// A kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    /// When.
    pub killed: Micros,
    /// When the first request was answered again.
    pub up: Micros,
}

/// An attempt at a step of a job, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The job.
    pub job: String,
    /// When it began.
    pub at: Micros,
}

/// A call that reached a provider or the vision model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `openai`, `gemini`, `workers`; `vision` for the judge.
    pub provider: String,
    /// The prompt, with its job's word in it.
    pub prompt: String,
    /// When it came.
    pub at: Micros,
}

/// A picture's row in D1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The job.
    pub job: String,
    /// Which variant of it.
    pub variant: Variant,
}

/// What is there once everything is at rest.
#[derive(Debug, Clone, Default)]
pub struct Rest {
    /// Each session's stream, replayed from the first event.
    pub replays: BTreeMap<String, Vec<Frame>>,
    /// The pictures in D1.
    pub rows: Vec<Row>,
    /// The jobs that are over by D1.
    pub over: BTreeSet<String>,
    /// Everything that the providers were asked.
    pub calls: Vec<Call>,
}

/// What an event says about a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The job.
    pub job: String,
    /// The variant; none when it's about the whole job.
    pub variant: Option<Variant>,
    /// How far it is, in percent.
    pub percent: u64,
    /// `queued`, `running`, …
    pub kind: String,
    /// When it happened.
    pub at: Micros,
}

impl Progress {
    /// Reads a frame; none for what isn't about a job.
    pub fn read(text: &str) -> Option<Self> {
        let json: Value = serde_json::from_str(text).ok()?;
        let data = json.get("data")?;
        let kind = json.get("type")?.as_str()?.to_owned();
        let provider = data.get("provider").and_then(Value::as_str);
        let index = data.get("variantIndex").and_then(Value::as_u64);
        let percent = if kind == "fail" { ENDED } else { percent(data.get("progress")) };
        Some(Self {
            job: data.get("jobId")?.as_str()?.to_owned(),
            variant: provider.map(str::to_owned).zip(index),
            percent,
            kind,
            at: json.get("ts")?.as_i64()? * 1_000,
        })
    }

    fn is_terminal(&self) -> bool {
        self.kind == "fail" || self.kind == "complete"
    }
}

/// A progress of 0 to 1 in percent; 0 for what isn't a number.
pub fn percent(progress: Option<&Value>) -> u64 {
    let share = progress.and_then(Value::as_f64).unwrap_or(0.0);
    // Rounded and clamped: the cast is exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let percent = (share * 100.0).round().clamp(0.0, 100.0) as u64;
    percent
}

/// The rules `Terminal`, `Closing`, `Rows`, `Paid`, `Resume`, and `Phantom` for jobs that nobody asked for.
pub fn check(history: &History) -> Vec<Violation> {
    let mut events: BTreeMap<String, Vec<Progress>> = BTreeMap::new();
    for frame in history.rest.replays.values().flatten() {
        if let Some(progress) = Progress::read(&frame.text) {
            events.entry(progress.job.clone()).or_default().push(progress);
        }
    }
    let mut found = Vec::new();
    for start in &history.starts {
        let Some(job) = &start.job else { continue };
        let of_job = events.remove(job).unwrap_or_default();
        found.extend(ends(start, job, &of_job));
        found.extend(rows(start, job, &of_job, &history.rest));
        found.extend(paid(start, &of_job, history));
        found.extend(resumptions(start, &of_job, history).into_iter().filter_map(|resumption| {
            let late = resumption.took.is_none_or(|took| took > RESUME_LIMIT);
            let detail = || {
                let took = resumption.took.map(|took| took / 1_000);
                let stood = standing(&of_job, resumption.killed);
                format!("{job}, killed at {} µs, standing at {stood:?} %: {took:?} ms", resumption.killed)
            };
            late.then(|| Violation::new(Rule::Resume, detail()))
        }));
    }
    found.extend(events.into_keys().map(|job| {
        Violation::new(Rule::Phantom, format!("the stream has events of {job}, which nobody asked for"))
    }));
    found
}

/// How far each variant was at a moment, in percent.
fn standing(events: &[Progress], at: Micros) -> BTreeMap<&Variant, u64> {
    let before = events.iter().filter(|event| event.at <= at);
    before.filter_map(|event| Some((event.variant.as_ref()?, event.percent))).collect()
}

fn ends(start: &Start, job: &str, events: &[Progress]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (provider, index) in &start.variants {
        let variant = Some((provider.clone(), *index));
        let ends = events.iter().filter(|event| event.variant == variant && event.is_terminal()).count();
        if ends != 1 {
            let detail = format!("{job} {provider} {index} ended {ends} times");
            found.push(Violation::new(Rule::Terminal, detail));
        }
    }
    let closings = events.iter().filter(|event| event.variant.is_none() && event.is_terminal()).count();
    let last = events.last().is_some_and(|event| event.variant.is_none() && event.is_terminal());
    if closings != 1 || !last {
        let last = if last { "at the end" } else { "not at the end" };
        found.push(Violation::new(Rule::Closing, format!("{job} closed {closings} times, {last}")));
    }
    found
}

fn rows(start: &Start, job: &str, events: &[Progress], rest: &Rest) -> Vec<Violation> {
    let mut found = Vec::new();
    for variant in &start.variants {
        let completed =
            events.iter().any(|event| event.variant.as_ref() == Some(variant) && event.kind == "complete");
        let rows = rest.rows.iter().filter(|row| row.job == job && row.variant == *variant).count();
        if rows != usize::from(completed) {
            let (provider, index) = variant;
            found.push(Violation::new(Rule::Rows, format!("{job} {provider} {index} has {rows} rows")));
        }
    }
    if !rest.over.contains(job) {
        found.push(Violation::new(Rule::Rows, format!("{job} isn't over by D1")));
    }
    found
}

/// Between two kills each provider may be asked once for each picture that isn't stored yet.
fn paid(start: &Start, events: &[Progress], history: &History) -> Vec<Violation> {
    let kills = history.outages.iter().map(|outage| outage.killed);
    let bounds: Vec<Micros> = [Micros::MIN].into_iter().chain(kills).chain([Micros::MAX]).collect();
    let providers: BTreeSet<&str> = start.variants.iter().map(|(provider, _)| provider.as_str()).collect();
    let mut found = Vec::new();
    for provider in providers {
        let wanted = start.variants.iter().filter(|(of, _)| of == provider).count();
        let mut calls: Vec<Micros> =
            calls_of(start, history).filter(|call| call.provider == provider).map(|call| call.at).collect();
        calls.sort_unstable();
        for span in bounds.windows(2) {
            let [from, to] = *span else { continue };
            let is_mine = |event: &&Progress| {
                event.variant.as_ref().is_some_and(|(of, _)| of == provider) && event.percent > STORED
            };
            let stored: BTreeSet<_> =
                events.iter().filter(is_mine).filter(|event| event.at < from).map(|it| &it.variant).collect();
            let asked = calls.iter().filter(|at| (from..to).contains(*at)).count();
            let allowed = wanted - stored.len();
            if asked > allowed {
                let detail = format!(
                    "{}: {provider} was asked {asked} times for {allowed} pictures between {from} and {to}",
                    start.word
                );
                found.push(Violation::new(Rule::Paid, detail));
            }
        }
    }
    found
}

fn calls_of<'a>(start: &'a Start, history: &'a History) -> impl Iterator<Item = &'a Call> {
    history.rest.calls.iter().filter(|call| call.prompt.contains(&start.word))
}

/// How a job that was open at a kill went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumption {
    /// The kill.
    pub killed: Micros,
    /// From the first answer after the restart to the first sign of life: an event, a call, or an attempt begun. 0 when it came before the
    /// first answer, none when it never came.
    pub took: Option<Micros>,
}

/// Every resumption of the run that can be told: not those that the next kill came too soon for.
pub fn all_resumptions(history: &History) -> Vec<Resumption> {
    let events: Vec<Progress> =
        history.rest.replays.values().flatten().filter_map(|frame| Progress::read(&frame.text)).collect();
    let of = |start: &Start| {
        let of_job: Vec<Progress> =
            events.iter().filter(|event| Some(&event.job) == start.job.as_ref()).cloned().collect();
        resumptions(start, &of_job, history)
    };
    history.starts.iter().filter(|start| start.job.is_some()).flat_map(of).collect()
}

fn resumptions(start: &Start, events: &[Progress], history: &History) -> Vec<Resumption> {
    let Some(begun) = start.acknowledged.into_iter().chain(events.iter().map(|event| event.at)).min() else {
        return Vec::new();
    };
    let Some(ended) = events.iter().find(|event| event.variant.is_none()).map(|event| event.at) else {
        // That it never ended is another rule's.
        return Vec::new();
    };
    let attempts = history.attempts.iter().filter(|attempt| Some(&attempt.job) == start.job.as_ref());
    let life: Vec<Micros> = events
        .iter()
        .map(|event| event.at)
        .chain(calls_of(start, history).map(|call| call.at))
        .chain(attempts.map(|attempt| attempt.at))
        .collect();
    let mut outages = history.outages.iter().peekable();
    let mut found = Vec::new();
    while let Some(outage) = outages.next() {
        let next_kill = outages.peek().map_or(Micros::MAX, |next| next.killed);
        // An event of the last milliseconds may be dated by the kill's own millisecond.
        let open = begun < outage.killed && outage.killed < ended;
        let first = life.iter().copied().filter(|at| (outage.killed + 1..next_kill).contains(at)).min();
        let took = first.map(|at| (at - outage.up).max(0));
        if open && (took.is_some() || next_kill.saturating_sub(outage.up) > RESUME_LIMIT) {
            found.push(Resumption { killed: outage.killed, took });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{self, rules};

    /// An event as the stream has it, `at` a millisecond.
    fn event(seq: i64, at: i64, kind: &str, index: Option<u64>, progress: f64) -> Frame {
        let provider = index.map(|_| "openai");
        let data = serde_json::json!({
            "jobId": "j", "provider": provider, "variantIndex": index, "progress": progress,
        });
        let text = serde_json::json!({ "seq": seq, "ts": at, "type": kind, "data": data }).to_string();
        Frame { session: "ada".to_owned(), connection: 0, since: 0, seq, text, at: at * 1_000 }
    }

    fn call(at: i64) -> Call {
        Call { provider: "openai".to_owned(), prompt: "a boat {w1}".to_owned(), at: at * 1_000 }
    }

    /// A job of two variants, killed at 400 ms while the second was being painted.
    fn right() -> History {
        let events = vec![
            event(1, 101, "queued", Some(0), 0.0),
            event(2, 102, "queued", Some(1), 0.0),
            event(3, 300, "progress", Some(0), 0.65),
            event(4, 2_200, "complete", Some(0), 1.0),
            event(5, 2_600, "complete", Some(1), 1.0),
            event(6, 2_601, "complete", None, 1.0),
        ];
        let row = |index| Row { job: "j".to_owned(), variant: ("openai".to_owned(), index) };
        History {
            starts: vec![Start {
                job: Some("j".to_owned()),
                acknowledged: Some(100_000),
                word: "w1".to_owned(),
                variants: BTreeSet::from([("openai".to_owned(), 0), ("openai".to_owned(), 1)]),
            }],
            outages: vec![Outage { killed: 400_000, up: 2_000_000 }],
            rest: Rest {
                replays: BTreeMap::from([("ada".to_owned(), events)]),
                rows: vec![row(0), row(1)],
                over: BTreeSet::from(["j".to_owned()]),
                calls: vec![call(150), call(160), call(2_100)],
            },
            ..History::default()
        }
    }

    fn broken(change: impl FnOnce(&mut History)) -> Vec<Rule> {
        let mut history = right();
        change(&mut history);
        rules(&history::check(&history))
    }

    fn stream(history: &mut History) -> &mut Vec<Frame> {
        history.rest.replays.get_mut("ada").unwrap()
    }

    #[test]
    fn a_job_that_was_killed_once_and_paid_again_for_what_was_lost_is_right() {
        assert_eq!(history::check(&right()), []);
        let took = Some(100_000);
        assert_eq!(all_resumptions(&right()), [Resumption { killed: 400_000, took }]);
    }

    #[test]
    fn a_variant_that_never_ends_or_ends_twice() {
        let never = broken(|history| {
            stream(history)[4] = event(5, 2_600, "progress", Some(1), 0.95);
            history.rest.rows.pop();
        });
        assert_eq!(never, [Rule::Terminal]);
        let twice = broken(|history| stream(history)[2] = event(3, 300, "fail", Some(0), 0.0));
        assert_eq!(twice, [Rule::Terminal]);
    }

    #[test]
    fn a_job_that_never_closes_closes_twice_or_goes_on_after_it() {
        let never = broken(|history| drop(stream(history).pop()));
        assert_eq!(never, [Rule::Closing]);
        let twice = broken(|history| stream(history).push(event(7, 2_602, "complete", None, 1.0)));
        assert_eq!(twice, [Rule::Closing]);
        let after = broken(|history| stream(history).push(event(7, 2_602, "progress", Some(1), 1.0)));
        assert_eq!(after, [Rule::Closing]);
    }

    #[test]
    fn rows_are_one_for_each_picture() {
        assert_eq!(broken(|history| drop(history.rest.rows.pop())), [Rule::Rows]);
        let twice = broken(|history| {
            let row = history.rest.rows[0].clone();
            history.rest.rows.push(row);
        });
        assert_eq!(twice, [Rule::Rows]);
        let failed = broken(|history| stream(history)[4] = event(5, 2_600, "fail", Some(1), 0.0));
        assert_eq!(failed, [Rule::Rows], "a row without a picture");
        assert_eq!(broken(|history| history.rest.over.clear()), [Rule::Rows]);
    }

    #[test]
    fn nothing_is_paid_for_without_a_kill_or_after_it_was_stored() {
        let without_a_kill = broken(|history| history.rest.calls.push(call(170)));
        assert_eq!(without_a_kill, [Rule::Paid]);
        let stored = broken(|history| history.rest.calls.push(call(2_110)));
        assert_eq!(stored, [Rule::Paid]);
    }

    #[test]
    fn a_job_that_lies_idle_after_the_restart() {
        let idle = |history: &mut History| {
            history.rest.calls.pop();
            let events = stream(history);
            events.truncate(3);
            events.push(event(4, 8_000, "complete", Some(0), 1.0));
            events.push(event(5, 8_001, "complete", Some(1), 1.0));
            events.push(event(6, 8_002, "complete", None, 1.0));
        };
        assert_eq!(broken(idle), [Rule::Resume]);
        let busy = broken(|history| {
            idle(history);
            history.attempts.push(Attempt { job: "j".to_owned(), at: 3_000_000 });
        });
        assert_eq!(busy, [], "what it began takes long");
        let cut_short = broken(|history| {
            history.rest.calls.pop();
            history.outages.push(Outage { killed: 2_150_000, up: 2_190_000 });
        });
        assert_eq!(cut_short, [], "the next kill came before anything could be told");
    }

    #[test]
    fn a_job_that_nobody_asked_for() {
        assert_eq!(broken(|history| history.starts.clear()), [Rule::Phantom]);
        let unanswered = broken(|history| history.starts[0].acknowledged = None);
        assert_eq!(unanswered, [], "asked for, though the answer was lost");
    }
}
