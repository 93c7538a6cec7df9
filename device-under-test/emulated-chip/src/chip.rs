//! The chip: its core, its parts, and the loop that lets both run.

use crate::boot::{self, BootError};
use crate::bus::{ChipBus, Parts};
use crate::core::{Exit, Hart};
use crate::flash::FlashMemory;
use crate::io::{Input, Output};
use crate::memory::Windows;
use crate::peripherals::{PINS, Peripherals, ResetKind, Seen};
use crate::rom::{self, Analog, Call, Md5Contexts, Next};

/// Ticks that one call of [`Chip::handle`] executes at most: 8 ms of the chip's time. A chip that is behind catches up call by call, so
/// that its driver hears of it in between.
const TICKS_PER_CALL: u64 = 8 * 160_000;

/// What a chip is made with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Setup {
    /// The address in its efuses.
    pub mac: [u8; 6],
    /// What its random numbers come from: equal seeds and inputs give equal runs.
    pub seed: u64,
}

/// An ESP32-C3. It has power for as long as it exists, and runs once it is started.
#[derive(Debug)]
pub struct Chip {
    hart: Hart,
    parts: Parts,
    analog: Analog,
    md5: Md5Contexts,
    cpu_mhz: u32,
    state: State,
    outputs: Vec<Output>,
    /// The pins that were driven, and their levels, as they were told.
    driven: (u32, u32),
}

/// What the core does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// It was not started, or is to be started again.
    Stopped,
    Running,
    /// It waits for an interrupt.
    Waiting,
}

impl Chip {
    /// A chip that the power comes to at this time, in ticks of 160 MHz.
    #[must_use]
    pub fn new(setup: Setup, now: u64) -> Self {
        Self {
            hart: Hart::new(0),
            parts: Parts::new(Peripherals::new(setup.mac, setup.seed, now)),
            analog: Analog::default(),
            md5: Md5Contexts::default(),
            cpu_mhz: 80,
            state: State::Stopped,
            outputs: Vec::new(),
            driven: (0, 0),
        }
    }

    /// Starts the program whose image is at this place of the flash.
    ///
    /// # Errors
    ///
    /// There is no image, or it does not fit into memory.
    pub fn start(
        &mut self,
        now: u64,
        cause: ResetKind,
        flash: &dyn FlashMemory,
        image_at: u32,
    ) -> Result<(), BootError> {
        self.state = State::Stopped;
        if matches!(cause, ResetKind::PowerOn) {
            self.parts.rtc_ram.lose();
        }
        if matches!(cause, ResetKind::PowerOn | ResetKind::DeepSleep) {
            self.parts.sram.lose();
        }
        self.parts.windows = Windows::new();
        self.parts.peripherals.restart(now, cause, flash.jedec_id());
        self.parts.overwritten.clear();
        (self.md5, self.cpu_mhz) = (Md5Contexts::default(), 80);
        self.driven = (0, 0);
        let entry = boot::load(&mut self.parts, flash, image_at, cause)?;
        self.hart = Hart::new(entry);
        self.hart.wait_until(now);
        // The ROM lets interrupts in, and programs of esp-hal rely on it: they never do so themselves.
        self.hart.let_interrupts_in();
        self.hart.set_cost(self.parts.peripherals.core_cost());
        self.state = State::Running;
        Ok(())
    }

    /// Whether it runs: it was started, and neither slept nor was reset since.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state != State::Stopped
    }

    /// When [`Input::Tick`] is due, in ticks, if nothing else comes before.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        match self.state {
            State::Stopped => None,
            State::Running => Some(self.hart.time()),
            State::Waiting => self.parts.peripherals.next(self.hart.time()),
        }
    }

    /// The chip's own time in ticks. It is behind the driver's while there is much to execute.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.hart.time()
    }

    /// How many instructions it executed since it was started.
    #[must_use]
    pub const fn instructions(&self) -> u64 {
        self.hart.instructions()
    }

    /// Where its core is.
    #[must_use]
    pub const fn pc(&self) -> u32 {
        self.hart.pc()
    }

    /// The bytes of its SRAM from this address on, as far as there are any: for whoever looks at a program from outside.
    #[must_use]
    pub fn memory(&mut self, address: u32) -> &[u8] {
        self.parts.ram_mut(address).map_or(&[], |bytes| &*bytes)
    }

    /// Takes one input at `now`, executes until then, and gives all that can be seen of it, in order.
    ///
    /// Performs a bounded amount of work: what is left is done at [`Chip::wake_at`]. Time must not run backwards from call to call.
    #[must_use = "the outputs have to be performed, or the chip is alone"]
    pub fn handle(
        &mut self,
        now: u64,
        input: Input<'_>,
        flash: &mut dyn FlashMemory,
    ) -> Vec<Output> {
        let peripherals = &mut self.parts.peripherals;
        match input {
            Input::Tick => {}
            Input::Serial(bytes) => {
                bytes.iter().for_each(|byte| peripherals.uart().receive(*byte));
            }
            Input::Frame(frame) => peripherals.ethernet.arrive(frame),
            Input::Pin { gpio, is_high } => peripherals.set_pin(gpio, is_high),
        }
        let until = now.min(self.hart.time() + TICKS_PER_CALL);
        self.look();
        while self.state != State::Stopped && self.hart.time() < until {
            self.go_on(until, flash);
        }
        std::mem::take(&mut self.outputs)
    }

    /// Lets the core run until something is to be seen to, and sees to it.
    fn go_on(&mut self, until: u64, flash: &mut dyn FlashMemory) {
        let time = self.hart.time();
        let next = self.parts.peripherals.next(time).map_or(until, |at| at.min(until));
        if self.state == State::Waiting {
            self.hart.wait_until(next.max(time));
            self.look();
            // It waits for what has come already, or until the time given.
            if self.parts.has_interrupt {
                self.state = State::Running;
            }
            return;
        }
        let parts = &mut self.parts;
        let mut bus = ChipBus { parts, flash: &mut *flash };
        match self.hart.run(&mut bus, next.max(time + 1)) {
            Exit::Limit | Exit::Attention => {}
            Exit::Waiting => self.state = State::Waiting,
            Exit::Native => self.call_rom(flash),
        }
        if !flash.has_power() {
            self.tell();
            self.state = State::Stopped;
        }
        self.look();
    }

    /// Looks at what happened, lets what is due happen, and brings an interrupt to the core if one is asked for and let in.
    fn look(&mut self) {
        if self.state == State::Stopped {
            return;
        }
        self.parts.wants_attention = false;
        for address in std::mem::take(&mut self.parts.overwritten) {
            self.forget(address);
        }
        self.move_frames();
        let seen = self.parts.peripherals.update(self.hart.time());
        self.hart.set_cost(self.parts.peripherals.core_cost());
        self.tell();
        match seen {
            Some(Seen::Reset(kind)) => self.stop(Output::Reset(kind)),
            Some(Seen::Sleep(asleep)) => {
                let now = self.hart.time();
                let ticks = asleep.until.map(|until| until.saturating_sub(now));
                self.stop(Output::Sleep { ticks });
            }
            None => {}
        }
        let line = self.parts.peripherals.line();
        self.parts.has_interrupt = line.is_some();
        if let Some(line) = line.filter(|_| self.hart.lets_interrupts_in())
            && self.state != State::Stopped
        {
            self.state = State::Running;
            self.hart.interrupt(line);
        }
    }

    fn stop(&mut self, output: Output) {
        self.state = State::Stopped;
        self.outputs.push(output);
    }

    /// Forgets decoded code at both addresses of a word.
    fn forget(&mut self, address: u32) {
        use crate::memory::{CODE_ABOVE_DATA, DATA_RAM};
        let as_code = if DATA_RAM.contains(&address) { address + CODE_ABOVE_DATA } else { address };
        self.hart.forget(as_code, 4);
    }

    /// Frames from the program's memory to the wire, and from the wire into it.
    fn move_frames(&mut self) {
        while let Some(piece) = self.parts.peripherals.ethernet.next_to_send() {
            let ram = self.parts.ram_mut(piece.address);
            if let Some(frame) = ram.and_then(|ram| ram.get(..piece.length)) {
                self.outputs.push(Output::Frame(frame.to_vec()));
            }
        }
        while let Some((address, frame)) = self.parts.peripherals.ethernet.next_received() {
            let ram = self.parts.ram_mut(address);
            if let Some(room) = ram.and_then(|ram| ram.get_mut(..frame.len())) {
                room.copy_from_slice(&frame);
            }
        }
    }

    /// Tells what can be seen from outside.
    fn tell(&mut self) {
        let sent = self.parts.peripherals.uart().take_sent();
        if !sent.is_empty() {
            self.outputs.push(Output::Serial(sent));
        }
        let driven = self.parts.peripherals.driven();
        if driven != self.driven {
            let (old_pins, old_levels) = std::mem::replace(&mut self.driven, driven);
            let (pins, levels) = driven;
            for gpio in 0..PINS {
                let bit = 1 << gpio;
                let (was, is) = ((old_pins & bit, old_levels & bit), (pins & bit, levels & bit));
                if pins & bit != 0 && was != is {
                    self.outputs.push(Output::Pin { gpio, is_high: levels & bit != 0 });
                }
            }
        }
        let notes = self.parts.peripherals.take_notes();
        self.outputs.extend(notes.into_iter().map(Output::Note));
    }

    /// Does what the function of the ROM does that the core is at, and returns from it.
    fn call_rom(&mut self, flash: &mut dyn FlashMemory) {
        let at = self.hart.pc();
        let Some((_, function)) = rom::find(at) else {
            let note = format!("the program calls the ROM at {at:#010x}, which is not done here");
            self.outputs.push(Output::Note(note));
            self.hart.wait_until(self.hart.time() + 1);
            self.hart.fault_fetch(at);
            return;
        };
        let mut call = Call {
            hart: &mut self.hart,
            bus: ChipBus { parts: &mut self.parts, flash },
            analog: &mut self.analog,
            md5: &mut self.md5,
            cpu_mhz: &mut self.cpu_mhz,
        };
        let next = function(&mut call);
        let now = self.hart.time();
        match next {
            Next::Return { cost } => {
                self.hart.wait_until(now + cost * self.parts.peripherals.core_cost());
                self.hart.set_pc(self.hart.register(1));
            }
            Next::ReturnAfter { ticks } => {
                self.hart.wait_until(now + ticks.max(1));
                self.hart.set_pc(self.hart.register(1));
            }
            Next::Again { ticks } => self.hart.wait_until(now + ticks.max(1)),
            Next::FaultLoad(address) => self.hart.fault_load(address),
            Next::FaultStore(address) => self.hart.fault_store(address),
            Next::Reset(kind) => self.stop(Output::Reset(kind)),
        }
    }
}
