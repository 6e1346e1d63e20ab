#pragma once

namespace raddle::interpose {

// To be called where an execution begins: nobody holds anything.
void forget_annotated_locks();

}  // namespace raddle::interpose
