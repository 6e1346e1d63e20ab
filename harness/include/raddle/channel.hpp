// Channels between threads, and select over several of them. Plain standard
// C++20: needs nothing else of raddle.
//
//   raddle::channel<int> jobs{8};
//   std::thread worker{[&] { for (int job : jobs) run(job); }};
//   jobs.send(1);
//   jobs.close();   // the worker drains the channel, then its loop ends
//   worker.join();
//
// Semantics after Hoare, Communicating Sequential Processes, CACM 1978, and Go.
#pragma once

#include <raddle/channels/queue.hpp>
#include <raddle/channels/select.hpp>
