"use strict";
// Two videos on one clock. Frame k of a recording shows the state after k control steps, so a time t belongs to step floor(t * hz).
// The clock is the player's own; each video is led after it: small differences by its pace, large ones by a jump.
class GauntletPlayer {
  constructor(onTime) {
    this.onTime = onTime;      // (seconds) => void, whenever the time shown changes
    this.slots = [];           // {video, hz, steps}
    this.time = 0;
    this.pace = 1;
    this.playing = false;
    this.ended = false;
  }

  // Replaces what is shown in a slot; video may be null.
  put(place, slot) {
    this.slots[place]?.video?.pause();
    this.slots[place] = slot;
    if (slot?.video) {
      const video = slot.video;
      video.addEventListener("loadedmetadata", () => this.place(slot, true), { once: true });
      video.addEventListener("error", () => { slot.video = null; slot.broken?.(); }, { once: true });
    }
    this.show();
  }

  get given() { return this.slots.filter(Boolean); }
  get hz() { return Math.max(1, ...this.given.map((slot) => slot.hz)); }
  get duration() { return Math.max(0, ...this.given.map((slot) => slot.steps / slot.hz)); }
  get steps() { return Math.round(this.duration * this.hz); }
  get step() { return Math.min(this.steps, Math.floor(this.time * this.hz + 1e-6)); }

  stepOf(slot) { return Math.min(slot.steps, Math.floor(this.time * slot.hz + 1e-6)); }

  seekStep(step) { this.seek(Math.max(0, Math.min(this.steps, step)) / this.hz); }

  seek(seconds) {
    this.time = Math.max(0, Math.min(this.duration, seconds));
    this.began = { at: performance.now(), time: this.time };
    for (const slot of this.given) this.place(slot, true);
    this.show();
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  play() {
    if (!this.given.length) return;
    if (this.time >= this.duration - 1e-6) this.seek(0);
    this.playing = true;
    this.began = { at: performance.now(), time: this.time };
    for (const slot of this.given) if (slot.video && !this.over(slot)) slot.video.play().catch(() => {});
    this.show();
    requestAnimationFrame((now) => this.tick(now));
  }

  pause() {
    this.playing = false;
    for (const slot of this.given) { slot.video?.pause(); this.place(slot, true); }
    this.show();
  }

  setPace(pace) {
    this.pace = pace;
    this.began = { at: performance.now(), time: this.time };
  }

  over(slot) { return this.time * slot.hz >= slot.steps; }

  tick(now) {
    if (!this.playing) return;
    // A video that is still loading holds the clock for all.
    if (this.given.some((slot) => slot.video && !this.over(slot) && slot.video.readyState < 2)) {
      this.began = { at: now, time: this.time };
    } else {
      this.time = Math.min(this.duration, this.began.time + Math.max(0, now - this.began.at) / 1000 * this.pace);
    }
    for (const slot of this.given) this.lead(slot);
    this.show();
    if (this.time >= this.duration - 1e-6) this.pause();
    else requestAnimationFrame((next) => this.tick(next));
  }

  lead(slot) {
    const video = slot.video;
    if (!video || video.readyState < 1) return;
    if (this.over(slot)) {
      if (!video.paused) { video.pause(); this.place(slot, true); }
      return;
    }
    if (video.paused) video.play().catch(() => {});
    const ahead = (video.currentTime - this.time - 0.25 / slot.hz) * slot.hz;   // frames; a quarter into the frame is right
    if (Math.abs(ahead) > 0.75 && !video.seeking) this.place(slot, true);
    else video.playbackRate = this.pace * (1 - Math.max(-0.3, Math.min(0.3, ahead)));
  }

  // Puts a video on the frame of the present step; the middle of a frame is safe from rounding.
  place(slot, force) {
    const video = slot.video;
    if (!video || video.readyState < 1) return;
    const wanted = (this.stepOf(slot) + (this.playing && !this.over(slot) ? 0.25 : 0.5)) / slot.hz;
    if (force || Math.abs(video.currentTime - wanted) > 0.5 / slot.hz) video.currentTime = wanted;
  }

  show() { this.onTime(this.time); }

  close() {
    this.playing = false;
    for (const slot of this.given) slot.video?.pause();
    this.slots = [];
  }
}
