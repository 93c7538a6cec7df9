//! The kinds of mismatches: what can be wrong with a device, or with the rig, in one enum.

/// What is wrong, in one word for programs; the message tells people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MismatchKind {
    /// The rig could not do what it was to do, or a measurement is void.
    ActionFailed,
    /// The device was awake for too long, or too short.
    AwakeTime,
    /// There is nothing at the path of a capture.
    CaptureMissing,
    /// A program ended with another exit code.
    CommandEnd,
    /// The output of a program has no such line.
    CommandOutput,
    /// There are more or fewer of something.
    Count,
    /// A current or a charge is out of its limits.
    Current,
    /// No cycle ended in time.
    CycleMissing,
    /// A cycle has other requests.
    CycleRequests,
    /// No armed fault was met in time.
    FaultMissing,
    /// Two of something came too close, too far apart, or do not grow apart.
    Gap,
    /// There were not enough of something to have gaps.
    GapMissing,
    /// Something happened that never may in the case.
    Guard,
    /// An invariant does not hold.
    Invariant,
    /// No such console line came in time.
    LineMissing,
    /// Such a line has begun, and has not ended.
    LineUnfinished,
    /// No such message came in time.
    MessageMissing,
    /// Something happened that the step forbids.
    NeverHappened,
    /// A fault or a power cut was armed and met nothing.
    NeverMet,
    /// None of several steps passed.
    NoneOfSteps,
    /// The device was not asleep or awake, so there is nothing to measure.
    NotInState,
    /// A pin did not change as described.
    Pin,
    /// No such request came in time.
    RequestMissing,
    /// The chip was reset for another cause.
    ResetCause,
    /// The chip was not reset in time.
    ResetMissing,
    /// After all rounds it is not as it was to become.
    RoundsEnd,
    /// A shadow is not as described.
    Shadow,
    /// The device sleeps, or slept, for another time.
    SleepLength,
    /// The device did not go to sleep in time.
    SleepMissing,
    /// What was seen is not what is stored.
    SnapshotDiffers,
    /// Nothing is stored to compare with.
    SnapshotMissing,
    /// A step that acts was not over in time; the rig's fault.
    StepNotDone,
    /// The steps inside a step took longer than its limit.
    StepsTooLong,
    /// The case took longer than its limit.
    Timeout,
    /// The device woke for another cause.
    WakeCause,
    /// The device did not wake in time.
    WakeMissing,
}

impl MismatchKind {
    /// All of them, in alphabetical order. A test wants a golden file for each.
    pub const ALL: &[Self] = &[
        Self::ActionFailed,
        Self::AwakeTime,
        Self::CaptureMissing,
        Self::CommandEnd,
        Self::CommandOutput,
        Self::Count,
        Self::Current,
        Self::CycleMissing,
        Self::CycleRequests,
        Self::FaultMissing,
        Self::Gap,
        Self::GapMissing,
        Self::Guard,
        Self::Invariant,
        Self::LineMissing,
        Self::LineUnfinished,
        Self::MessageMissing,
        Self::NeverHappened,
        Self::NeverMet,
        Self::NoneOfSteps,
        Self::NotInState,
        Self::Pin,
        Self::RequestMissing,
        Self::ResetCause,
        Self::ResetMissing,
        Self::RoundsEnd,
        Self::Shadow,
        Self::SleepLength,
        Self::SleepMissing,
        Self::SnapshotDiffers,
        Self::SnapshotMissing,
        Self::StepNotDone,
        Self::StepsTooLong,
        Self::Timeout,
        Self::WakeCause,
        Self::WakeMissing,
    ];

    /// Its name, as it stands in `run.json`: `request-missing`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ActionFailed => "action-failed",
            Self::AwakeTime => "awake-time",
            Self::CaptureMissing => "capture-missing",
            Self::CommandEnd => "command-end",
            Self::CommandOutput => "command-output",
            Self::Count => "count",
            Self::Current => "current",
            Self::CycleMissing => "cycle-missing",
            Self::CycleRequests => "cycle-requests",
            Self::FaultMissing => "fault-missing",
            Self::Gap => "gap",
            Self::GapMissing => "gap-missing",
            Self::Guard => "guard",
            Self::Invariant => "invariant",
            Self::LineMissing => "line-missing",
            Self::LineUnfinished => "line-unfinished",
            Self::MessageMissing => "message-missing",
            Self::NeverHappened => "never-happened",
            Self::NeverMet => "never-met",
            Self::NoneOfSteps => "none-of-steps",
            Self::NotInState => "not-in-state",
            Self::Pin => "pin",
            Self::RequestMissing => "request-missing",
            Self::ResetCause => "reset-cause",
            Self::ResetMissing => "reset-missing",
            Self::RoundsEnd => "rounds-end",
            Self::Shadow => "shadow",
            Self::SleepLength => "sleep-length",
            Self::SleepMissing => "sleep-missing",
            Self::SnapshotDiffers => "snapshot-differs",
            Self::SnapshotMissing => "snapshot-missing",
            Self::StepNotDone => "step-not-done",
            Self::StepsTooLong => "steps-too-long",
            Self::Timeout => "timeout",
            Self::WakeCause => "wake-cause",
            Self::WakeMissing => "wake-missing",
        }
    }

    /// The kind that a name means.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}
