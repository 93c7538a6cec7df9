//! The core: its registers, its clock, its traps.

use super::code::Code;
use super::csr::{Csrs, Mode};

/// Why a run ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// The time is over.
    Limit,
    /// Something changed that may bring an interrupt.
    Attention,
    /// It executed `wfi`.
    Waiting,
    /// The next instruction is at an address whose code the chip does by itself.
    Native,
}

/// Exceptions by the number that `mcause` shows (volume II, table 3.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(super) enum Exception {
    InstructionFault = 1,
    Illegal = 2,
    Breakpoint = 3,
    LoadFault = 5,
    StoreFault = 7,
    EcallUser = 8,
    EcallMachine = 11,
}

/// A core.
#[derive(Debug)]
pub struct Hart {
    /// `x0` to `x31`, and one that takes what is written to `x0`. The others are never used: they make every index valid.
    pub(super) x: [u32; 64],
    pub(super) pc: u32,
    pub(super) time: u64,
    pub(super) instructions: u64,
    pub(super) cost: u64,
    pub(super) csrs: Csrs,
    pub(super) code: Code,
}

impl Hart {
    /// A core after its reset, about to execute what is at `entry`, at the time 0.
    #[must_use]
    pub fn new(entry: u32) -> Self {
        Self {
            x: [0; 64],
            pc: entry,
            time: 0,
            instructions: 0,
            cost: 1,
            csrs: Csrs::default(),
            code: Code::new(),
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn pc(&self) -> u32 {
        self.pc
    }

    /// Makes it go on elsewhere.
    pub const fn set_pc(&mut self, pc: u32) {
        self.pc = pc;
    }

    /// The content of `x0` to `x31`.
    ///
    /// # Panics
    ///
    /// For a number from 32 on.
    #[must_use]
    pub const fn register(&self, number: usize) -> u32 {
        assert!(number < 32);
        self.x[number]
    }

    /// Sets `x1` to `x31`; `x0` stays 0.
    ///
    /// # Panics
    ///
    /// For a number from 32 on.
    pub const fn set_register(&mut self, number: usize, value: u32) {
        assert!(number < 32);
        if number != 0 {
            self.x[number] = value;
        }
    }

    /// Its time in ticks.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// Lets time pass in which it does nothing.
    pub const fn wait_until(&mut self, time: u64) {
        if time > self.time {
            self.time = time;
        }
    }

    /// Sets how many ticks an instruction takes: 1 to 1000.
    pub fn set_cost(&mut self, ticks: u64) {
        self.cost = ticks.clamp(1, 1000);
    }

    /// How many instructions it executed.
    #[must_use]
    pub const fn instructions(&self) -> u64 {
        self.instructions
    }

    /// Lets interrupts in, as what ran before the program may leave it.
    pub const fn let_interrupts_in(&mut self) {
        self.csrs.let_interrupts_in();
    }

    /// Whether it would take an interrupt.
    #[must_use]
    pub const fn lets_interrupts_in(&self) -> bool {
        self.csrs.lets_interrupts_in()
    }

    /// Takes an interrupt: 1 to 31.
    pub const fn interrupt(&mut self, number: u32) {
        self.csrs.mtval = 0;
        self.trap(1 << 31 | number, self.csrs.mtvec & !0xff | number << 2);
    }

    /// Forgets what it decoded of these bytes, since they changed.
    pub fn forget(&mut self, address: u32, bytes: u32) {
        self.code.forget(address, bytes);
    }

    /// Forgets all that it decoded.
    pub fn forget_all(&mut self) {
        self.code.forget_all();
    }

    pub(super) const fn raise(&mut self, exception: Exception, value: u32) {
        self.csrs.mtval = value;
        self.trap(exception as u32, self.csrs.mtvec & !0xff);
    }

    pub(super) const fn ecall(&self) -> Exception {
        match self.csrs.mode {
            Mode::Machine => Exception::EcallMachine,
            Mode::User => Exception::EcallUser,
        }
    }

    /// What an instruction does that cannot be fetched or is done natively wrong: an access fault at this address.
    pub const fn fault_fetch(&mut self, address: u32) {
        self.raise(Exception::InstructionFault, address);
    }

    /// What a native function does that reaches where nothing is: the fault of a load there.
    pub const fn fault_load(&mut self, address: u32) {
        self.raise(Exception::LoadFault, address);
    }

    /// The same for a store.
    pub const fn fault_store(&mut self, address: u32) {
        self.raise(Exception::StoreFault, address);
    }

    const fn trap(&mut self, cause: u32, to: u32) {
        self.csrs.mepc = self.pc;
        self.csrs.mcause = cause;
        self.csrs.enter();
        self.pc = to;
    }
}
