//! Rules that a mutant of the fake engine breaks, and the case that has to notice.

/// One rule that is broken on purpose. It is chosen by the parameter `defect` of the DSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// A step blocks its thread, so that no clock of ours can end it.
    BlocksItsThread,
    /// Its goodbye never ends.
    CloseHangs,
    /// It takes what a later prober of the same name wrote for stale.
    ComparesStrictly,
    /// It logs in on two connections and uses one.
    ConnectsTwice,
    /// It looks for the health table and then creates it, which somebody else may have done in between.
    CreatesInTwoSteps,
    /// It creates the health table without having been asked to.
    CreatesUnasked,
    /// It finds whatever it is asked for.
    FindsEverything,
    /// It does not mark its own connection.
    ForgetsItself,
    /// It passes a failed write off as a good one.
    HidesWriteErrors,
    /// It writes a new row each time.
    InsertsRows,
    /// It reports 0 where it knows nothing.
    InventsFigures,
    /// It records a phase that there was not.
    InventsPhase,
    /// It says goodbye and keeps the connection.
    KeepsAfterClose,
    /// It leaves a descriptor open.
    LeaksDescriptor,
    /// It leaves a descriptor open when it cannot log in.
    LeaksDescriptorOnLoss,
    /// A dropped session stays open.
    LeaksSession,
    /// It leaves a task running.
    LeaksTask,
    /// It leaves a task running when the session is not said goodbye to.
    LeaksTaskOnLoss,
    /// It leaves a thread running.
    LeaksThread,
    /// It lists its own connection only.
    ListsOnlyItself,
    /// It takes a round trip for each thing that it looks up.
    LooksUpOneByOne,
    /// It reports a version that the server does not have.
    MisreportsFacts,
    /// It takes a cut connection for a refusal of the server's.
    MistakesLossForRefusal,
    /// Its phases come in the wrong order.
    MixesPhasesUp,
    /// It does not ask the server to stop.
    NeverCancels,
    /// It reads without asking the server.
    NeverReads,
    /// It panics on a DSN that is not well formed.
    PanicsOnBrokenDsn,
    /// It panics in the ping.
    PanicsInPing,
    /// Its ping does not talk to the server.
    PingsNobody,
    /// The cause of a failure holds the DSN.
    PrintsPasswordInCause,
    /// Its Debug shows the password.
    PrintsPasswordInDebug,
    /// The error for a broken DSN shows the password.
    PrintsPasswordInDsnError,
    /// The error for a refused password shows it.
    PrintsPasswordInError,
    /// What it shows of its DSN holds the password.
    PrintsPasswordInTarget,
    /// It does not say which address answered.
    ReportsNoAddress,
    /// It reads the row and does not compare it.
    SkipsComparison,
    /// It takes every foreign protocol for a defect of its own.
    TakesNoiseForItself,
    /// It takes two round trips for one step.
    TakesTwoTrips,
    /// All probers share one row.
    UsesOneRow,
    /// It does not tell that its session cannot write.
    WritesReadOnly,
    /// It gives a refused password another class.
    WrongClass,
}

impl Defect {
    /// Every defect, with the case that has to notice it.
    pub const ALL: [(Self, &'static str); 41] = [
        (Self::BlocksItsThread, "deadline::a_dead_line_in_the_ping"),
        (Self::CloseHangs, "close::a_goodbye_passes"),
        (Self::ComparesStrictly, "access::probers_of_one_name_do_not_disturb_each_other"),
        (Self::ConnectsTwice, "ping::a_login_costs_what_the_protocol_needs"),
        (Self::CreatesInTwoSteps, "access::fifty_first_probers_create_the_table_together"),
        (Self::CreatesUnasked, "access::the_table_is_not_created_unasked"),
        (Self::FindsEverything, "lookup::a_table_is_found_and_a_missing_one_is_not"),
        (Self::ForgetsItself, "activity::the_own_connection_is_listed_and_marked"),
        (Self::HidesWriteErrors, "faults::a_write_that_is_not_allowed"),
        (Self::InsertsRows, "access::many_writes_leave_one_row"),
        (Self::InventsFigures, "inspect::what_is_not_known_is_absent"),
        (Self::InventsPhase, "connect::its_phases_come_in_order_and_are_timed"),
        (Self::KeepsAfterClose, "close::the_server_has_no_session_afterwards"),
        (Self::LeaksDescriptor, "hygiene::probes_leave_no_descriptor"),
        (Self::LeaksDescriptorOnLoss, "hygiene::lost_probes_leave_no_descriptor"),
        (Self::LeaksSession, "hygiene::a_dropped_session_is_gone"),
        (Self::LeaksTask, "hygiene::probes_leave_no_task"),
        (Self::LeaksTaskOnLoss, "hygiene::lost_probes_leave_no_task"),
        (Self::LeaksThread, "hygiene::probes_leave_no_thread"),
        (Self::ListsOnlyItself, "activity::a_second_session_is_listed_by_user_and_application"),
        (Self::LooksUpOneByOne, "ping::each_step_costs_one_round_trip"),
        (Self::MisreportsFacts, "inspect::the_facts_agree_with_the_server"),
        (Self::MistakesLossForRefusal, "order::after_a_loss_nothing_more_is_tried"),
        (Self::MixesPhasesUp, "connect::its_phases_come_in_order_and_are_timed"),
        (Self::NeverCancels, "deadline::a_write_that_waits_is_stopped_on_the_server"),
        (Self::NeverReads, "access::a_vanished_row_is_noticed"),
        (Self::PanicsOnBrokenDsn, "identity::a_broken_dsn_is_an_error_and_never_a_panic"),
        (Self::PanicsInPing, "order::a_whole_probe_takes_every_step_once"),
        (Self::PingsNobody, "ping::it_asks_the_server"),
        (Self::PrintsPasswordInCause, "redaction::no_failure_of_the_line_shows_a_password"),
        (Self::PrintsPasswordInDebug, "identity::its_debug_and_its_target_hide_the_password"),
        (Self::PrintsPasswordInDsnError, "identity::a_broken_dsn_is_an_error_and_never_a_panic"),
        (Self::PrintsPasswordInError, "redaction::no_spelling_of_a_dsn_shows_its_password"),
        (Self::PrintsPasswordInTarget, "identity::its_debug_and_its_target_hide_the_password"),
        (Self::ReportsNoAddress, "connect::the_address_that_answered_is_reported"),
        (Self::SkipsComparison, "access::a_stale_read_is_noticed"),
        (Self::TakesNoiseForItself, "faults::something_else_answers"),
        (Self::TakesTwoTrips, "ping::each_step_costs_one_round_trip"),
        (Self::UsesOneRow, "access::each_prober_has_a_row_of_its_own"),
        (Self::WritesReadOnly, "access::a_read_only_session_is_not_written_to"),
        (Self::WrongClass, "faults::a_wrong_password"),
    ];

    /// The defect that [`Defect::name`] names.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().map(|(defect, _)| *defect).find(|defect| defect.name() == name)
    }

    /// Its name in a DSN.
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}
