//! What was booted: its start, what it hears and what it wants.

use std::time::Duration;

use thing::Kind;

use super::keeping::Watched;
use super::machine::{Board, Due, Stage};
use crate::app::{App, Join, Region, Told, Want, read_kept, write_kept};
use crate::boot::ResetCause;
use crate::image::Descriptor;
use crate::io::{Event, Heard, Output};
use crate::time::Moment;

impl Board {
    /// Starts the program that was booted, if this board knows it.
    pub(super) fn run(&mut self, now: Moment) {
        let Stage::Starting { cause, program, at } = &self.stage else {
            return;
        };
        let (cause, program, at) = (*cause, program.clone(), *at);
        let region = Region::of(self.setup.chip, &self.flash);
        self.keeping.begin(region);
        if self.executes() {
            self.start_chip(now, cause, at);
            return;
        }
        let chip = self.setup.chip;
        let Some(kind) = program.as_ref().and_then(|program| Kind::by_name(&program.name)) else {
            self.stage = Stage::Unknown;
            self.print(now, &not_known(program.as_ref()));
            return;
        };
        let provisioning = self.setup.provisioning.on(chip, &self.flash);
        let join = if self.join_time.is_zero() { Join::AtOnce } else { Join::Later };
        self.stage = Stage::Running(Box::new(App::new(kind, provisioning, join, now)));
        let kept = read_kept(&self.flash, region);
        self.tell(now, Told::Wake { cause: cause.wake_cause(chip), kept });
    }

    pub(super) fn tell(&mut self, now: Moment, told: Told) {
        let Stage::Running(app) = &mut self.stage else {
            return;
        };
        for want in app.handle(now, told, &self.sensors) {
            self.grant(now, want);
            // The power may have been cut by what was wanted.
            if matches!(self.stage, Stage::Off) {
                return;
            }
        }
    }

    pub(super) fn grant(&mut self, now: Moment, want: Want) {
        let ask = match want {
            Want::Console(line) => return self.print(now, &format!("{line}\r\n")),
            Want::Drive(actuator) => {
                return self.outputs.push(Output::Event(Event::Drive(actuator)));
            }
            Want::JoinNetwork => {
                self.due = Some((now.after(self.join_time), Due::NetworkUp));
                return;
            }
            Want::Persist(bytes) => {
                let region = Region::of(self.setup.chip, &self.flash);
                let mut flash = Watched { flash: &mut self.flash, keeping: &mut self.keeping };
                // A region lies inside the flash, so this cannot fail.
                let _ = write_kept(&mut flash, region, &bytes);
                return self.tell_of_kept(now);
            }
            Want::Sleep { seconds } => {
                self.end_life();
                self.stage = Stage::Asleep;
                let at = now.after(Duration::from_secs(seconds.into()));
                self.due = Some((at, Due::Reset(ResetCause::DeepSleep)));
                return self.outputs.push(Output::Event(Event::Sleep { seconds }));
            }
            Want::Network(ask) => ask,
        };
        self.outputs.push(Output::Network { life: self.life, ask });
    }
}

impl From<Heard> for Told {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Date { unix_ms } => Self::Time { unix_ms },
            Heard::NoDate => Self::NoTime,
            Heard::Connected => Self::Connected,
            Heard::ConnectFailed(reason) => Self::ConnectFailed(reason),
            Heard::Received(bytes) => Self::Received(bytes),
            Heard::Closed => Self::Closed,
            Heard::Reset => Self::Reset,
        }
    }
}

/// The line for a program that this board cannot run.
fn not_known(program: Option<&Descriptor>) -> String {
    match program {
        Some(Descriptor { name, version, .. }) => format!(
            "virtual-board: booted \"{}\" {}, which this board does not know; it runs no machine \
             code\r\n",
            name.escape_default(),
            version.escape_default()
        ),
        None => "virtual-board: booted an image without application descriptor; this board runs \
                 no machine code\r\n"
            .to_owned(),
    }
}
