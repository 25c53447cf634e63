//! What a diagnosis said of one set-up.

use serde_json::Value;

/// What a diagnosis said of one set-up.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) engine: String,
    pub(crate) set_up: String,
    pub(crate) rung: String,
    pub(crate) class: String,
    pub(crate) confidence: String,
    pub(crate) cause: String,
    pub(crate) next: String,
}

impl Said {
    /// What stands in the JSON of a diagnosis, which every set-up has to have: a cause and a next command.
    pub(crate) fn of(engine: &str, set_up: &str, diagnosis: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let cause = &diagnosis["cause"];
        let said = Self {
            engine: engine.to_owned(),
            set_up: set_up.to_owned(),
            rung: text(&cause["rung"]),
            class: text(&cause["class"]),
            confidence: text(&cause["confidence"]),
            cause: text(&cause["cause"]),
            next: text(&diagnosis["next_command"]),
        };
        assert!(
            !said.cause.is_empty() && !said.next.is_empty(),
            "{engine} {set_up} has no cause or no next: {diagnosis:#}"
        );
        assert!(!text(&cause["advice"]).is_empty(), "{engine} {set_up} has no advice: {diagnosis:#}");
        assert_eq!(diagnosis["schema"], "dbprobe.diagnose/v1");
        let ladder = diagnosis["ladder"].as_array().expect("a ladder");
        let broke = ladder.iter().find(|rung| rung["rung"] == cause["rung"]).expect("the rung of the cause");
        assert_eq!(ladder.len(), 11, "{engine} {set_up}");
        assert_eq!(broke["outcome"], "failed", "{engine} {set_up}: {broke:#}");
        assert!(!diagnosis.to_string().contains(":null"), "{engine} {set_up}: {diagnosis}");
        said
    }
}
